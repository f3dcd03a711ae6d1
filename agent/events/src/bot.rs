//! Whether a user agent is a program and not a person.
//!
//! Events of bots are marked and never dropped: what looks like a bot may be a person, and a count
//! of what was left out must be possible.

/// Parts of the user agents of crawlers, monitors, previews and automated browsers, in lower case.
const CRAWLERS: [&str; 43] = [
    "bot/",
    "bot;",
    "bot)",
    "bot-",
    "bot ",
    "+http",
    "crawl",
    "spider",
    "slurp",
    "headlesschrome",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "webdriver",
    "lighthouse",
    "pagespeed",
    "gtmetrix",
    "pingdom",
    "uptimerobot",
    "statuscake",
    "datadogsynthetics",
    "newrelicpinger",
    "site24x7",
    "catchpoint",
    "facebookexternalhit",
    "facebookcatalog",
    "whatsapp/",
    "slackbot",
    "twitterbot",
    "linkedinbot",
    "discordbot",
    "telegrambot",
    "embedly",
    "bingpreview",
    "google-inspectiontool",
    "googleother",
    "mediapartners-google",
    "feedfetcher",
    "ahrefs",
    "semrush",
    "ia_archiver",
    "preview/",
];

/// Parts of the user agents of HTTP libraries and tools, in lower case.
const TOOLS: [&str; 20] = [
    "curl/",
    "wget/",
    "python-requests",
    "python-urllib",
    "aiohttp/",
    "httpx/",
    "go-http-client",
    "java/",
    "apache-httpclient",
    "libwww-perl",
    "node-fetch",
    "axios/",
    "undici",
    "guzzlehttp",
    "ruby",
    "postmanruntime",
    "insomnia/",
    "scrapy",
    "httpie/",
    "k6/",
];

/// Returns whether the event of a device with this user agent is a bot's.
///
/// A missing user agent is no sign of one: apps and services often send none. An HTTP library is
/// one, as no person looks at anything with it.
#[must_use]
pub fn is_bot(device_user_agent: &str) -> bool {
    let lower = device_user_agent.to_ascii_lowercase();
    is_crawler_in_lower_case(&lower) || TOOLS.iter().any(|tool| lower.contains(tool))
}

/// Returns whether a request with this user agent came from a crawler.
///
/// For requests whose events name no user agent. An HTTP library is no sign of a bot there: it is
/// how services send the events of persons.
#[must_use]
pub fn is_crawler(request_user_agent: &str) -> bool {
    is_crawler_in_lower_case(&request_user_agent.to_ascii_lowercase())
}

fn is_crawler_in_lower_case(user_agent: &str) -> bool {
    // Cubot is a maker of phones.
    let user_agent = user_agent.replace("cubot", "");
    user_agent.ends_with("bot") || CRAWLERS.iter().any(|crawler| user_agent.contains(crawler))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawlers_and_monitors_are_bots() {
        for user_agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "facebookexternalhit/1.1",
            "Baiduspider",
            "DuckDuckBot",
            "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        ] {
            assert!(is_bot(user_agent), "{user_agent}");
            assert!(is_crawler(user_agent), "{user_agent}");
        }
    }

    #[test]
    fn browsers_and_apps_are_not() {
        for user_agent in [
            "",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/90 Mobile Safari/537.36",
            "Tickets/5.1 (com.example.tickets; build:7; iOS 17.4) Alamofire/5.8",
            "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7)",
            "okhttp/4.12.0",
        ] {
            assert!(!is_bot(user_agent), "{user_agent}");
        }
    }

    #[test]
    fn a_library_is_a_bot_as_a_device_but_not_as_the_sender_of_a_request() {
        for user_agent in ["curl/8.5.0", "python-requests/2.31.0", "Go-http-client/1.1"] {
            assert!(is_bot(user_agent), "{user_agent}");
            assert!(!is_crawler(user_agent), "{user_agent}");
        }
        assert!(!is_crawler("analytics-node-next/latest"));
    }
}
