# A notebook of what analysts ask, in cells: open it in an editor that knows `# %%`, or run it
# from top to bottom.
#
#   pip install pandas 'psycopg[binary]' matplotlib
#   FULLHOUSE_URL=postgresql://you@host/fullhouse python schema/notebook.py
#
# FULLHOUSE_URL is the login of an analyst (`coordinator access analyst you`). Without
# matplotlib it prints and draws nothing; FULLHOUSE_PLOTS names a directory for the drawings.

# %% Connect
import os
from pathlib import Path

import pandas as pd
import psycopg

try:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

connection = psycopg.connect(os.environ["FULLHOUSE_URL"], autocommit=True)
plots = Path(os.environ.get("FULLHOUSE_PLOTS", "."))


def ask(sql: str, **values) -> pd.DataFrame:
    """Returns the answer to a question; `%(name)s` in it stands for a value."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        columns = {column.name: column.type_display for column in cursor.description}
        answer = pd.DataFrame(cursor.fetchall(), columns=list(columns))
    # Postgres' exact numbers arrive as Decimal, which nothing draws.
    exact = [name for name, type_ in columns.items() if type_.startswith("numeric")]
    return answer.astype({name: float for name in exact})


def draw(name: str, frame, **options) -> None:
    """Draws a frame into a file, where matplotlib is installed."""
    if plt is not None and len(frame):
        axes = frame.plot(title=name, **options)
        axes.figure.savefig(plots / f"{name}.png", dpi=120, bbox_inches="tight")
        plt.close(axes.figure)


# %% The occupancy curves of a film: one column for each showtime, the last state carried on
film = ask("SELECT film FROM showtime_profile GROUP BY film ORDER BY sum(sold) DESC NULLS LAST LIMIT 1").film[0]
curves = ask(
    """
    SELECT showtime_id, observed_at, share_sold
    FROM occupancy
    WHERE showtime_id = ANY (ARRAY(
        SELECT showtime_id
        FROM showtime_profile
        WHERE film = %(film)s
        ORDER BY sold DESC NULLS LAST, showtime_id
        LIMIT 10))
    ORDER BY observed_at
    """,
    film=film,
)
curves = curves.pivot_table(index="observed_at", columns="showtime_id", values="share_sold").ffill()
print(f"occupancy: {film}, {curves.shape[1]} showtimes, {len(curves)} changes, at most {curves.max().max():.0%} sold")
draw("occupancy", curves, drawstyle="steps-post", legend=False)

# %% Admissions per day
days = ask(
    """
    SELECT business_on, sum(showtimes)::bigint AS showtimes, sum(admissions)::bigint AS admissions
    FROM work_day
    WHERE work_id IN (SELECT work_id FROM film_match WHERE title = %(film)s)
    GROUP BY business_on
    ORDER BY business_on
    """,
    film=film,
).set_index("business_on")
print(f"admissions: {days.admissions.sum()} in {days.showtimes.sum()} showtimes of {film} on {len(days)} days")
draw("admissions", days[["admissions"]], kind="bar")

# %% The booking curve: how full its showtimes are, so many hours before their start
booking = ask(
    """
    SELECT hours_before, avg(seen.share_sold) AS share_sold, count(*) AS showtimes
    FROM showtime_profile AS showtime
    CROSS JOIN generate_series(0, 24) AS hours_before
    CROSS JOIN LATERAL (
        SELECT occupancy.share_sold
        FROM occupancy
        WHERE occupancy.showtime_id = showtime.showtime_id
            AND occupancy.observed_at <= showtime.starts_at - make_interval(hours => hours_before)
        ORDER BY occupancy.observed_at DESC
        LIMIT 1
    ) AS seen
    WHERE showtime.film = %(film)s
        AND showtime.starts_at - make_interval(hours => hours_before) <= now()
    GROUP BY hours_before
    ORDER BY hours_before
    """,
    film=film,
).set_index("hours_before")
print("booking:", ", ".join(f"{hours} h {share:.0%}" for hours, share in booking.share_sold.items()))
draw("booking", booking[["share_sold"]].iloc[::-1])

# %% The seats of an auditorium, by how often each is sold
hall = ask(
    """
    SELECT cinema_id, cinema, auditorium
    FROM showtime_profile
    WHERE auditorium IS NOT NULL AND sold > 0
    GROUP BY cinema_id, cinema, auditorium
    ORDER BY sum(sold) DESC, cinema_id, auditorium
    LIMIT 1
    """
).iloc[0]
seats = ask(
    """
    SELECT y, x, avg((status = 'sold')::integer) AS share_sold
    FROM showtime_profile
    JOIN seat_latest USING (showtime_id)
    WHERE cinema_id = %(cinema_id)s AND auditorium = %(auditorium)s
    GROUP BY y, x
    """,
    cinema_id=int(hall.cinema_id),
    auditorium=hall.auditorium,
)
heat = seats.pivot(index="y", columns="x", values="share_sold")
print(f"seats: {len(seats)} in {hall.auditorium} of {hall.cinema}, from the screen to the back:")
shades = ".:-=+*#%@"
for _, row in (heat / max(heat.stack().quantile(0.98), 0.01)).clip(upper=1).iterrows():
    drawn = (" " if pd.isna(share) else shades[round(share * (len(shades) - 1))] for share in row)
    print("   ", "".join(drawn).rstrip())
if plt is not None:
    figure, axes = plt.subplots()
    figure.colorbar(axes.imshow(heat, cmap="inferno", vmin=0))
    axes.set_title("seats sold")
    figure.savefig(plots / "seats.png", dpi=120, bbox_inches="tight")
    plt.close(figure)

# %% Prices: what a ticket costs at each chain, in its own currency
prices = ask(
    """
    SELECT source, currency, ticket, min(amount) AS least, max(amount) AS most
    FROM ticket_price
    JOIN showtime_profile USING (showtime_id)
    GROUP BY source, currency, ticket
    ORDER BY source, most DESC
    """
)
print(f"prices: {len(prices)} kinds of ticket at {prices.source.nunique()} chains")
print(prices.to_string(index=False))
