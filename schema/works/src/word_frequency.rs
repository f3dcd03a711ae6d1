//! Words that many titles share.
//!
//! Written from general knowledge of film titles in the languages of the chains, with no count over
//! any catalogue, and folded as [`fold`](crate::fold) does. The table is fixed: counts over the films
//! that are present would change with each that arrives, and with them what was decided before.

use std::{collections::HashMap, sync::LazyLock};

/// How many titles have a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frequency {
    /// More than about one title of five hundred.
    VeryCommon,
    /// More than about one title of five thousand.
    Common,
    /// Fewer, as far as the table knows.
    Rare,
}

/// Words of the kind that stand in hundreds of titles.
const VERY_COMMON: &str = "
    american bad best big black blood blue boy boys christmas city crime dark day days dead death
    devil dog dream dreams earth evil eyes family fire first game ghost girl girls god gold good
    great green happy heart heaven hell hero home house island king kiss lady last legend life
    light little live lost love lover man men midnight moon mother movie murder music night nights
    one paradise party queen red return revenge river road sea secret sex shadow silent sky soul
    spirit star stars story street summer sun time town train two war water way white wild winter
    woman women world year young amour enfant femme fille fils homme jour monde mort mer nuit petit
    petite temps vie ville abenteuer frau herz kind leben liebe mann nacht tag tod welt amor casa
    ciudad hombre mujer muerte mundo noche vida amore donna giorno morte notte uomo milosc noc
    zycie film filmen karlek liefde leven livet natt dag";

/// Words of the kind that stand in dozens of titles.
const COMMON: &str = "
    about above abyss academy across act adventure adventures affair africa after again against age
    agent air alien alive all alone along always america among ancient and angel angels animal
    animals another any apocalypse army around art assassin attack autumn awake away baby back band
    bank bar battle bay be beach bear beast beautiful beauty become bed before begin beginning
    beginnings behind being believe bell below beneath between beyond bird birds birth birthday
    bite bitter blade blind boat body bone bones book born boss box brave bread break bride bridge
    bright bring broken brother brothers bullet burning business butterfly cage call came camp
    candy captain car card cards case castle cat cats chain chance change chapter chase child
    childhood children china choice circle circus clean clear clock close cloud clouds club coast
    code cold college color come coming company control cop country couple court cowboy crazy cross
    crossing crown cruel cry curse cut dad daddy dance dancer dancing danger dangerous darkness
    darling date daughter daughters dawn dear deadly deal deep deer desert desire destiny detective
    diamond diamonds diaries diary die dinner dirty divine do doctor dogs doll dollar door double
    down dragon dragons dreaming dreamer drive driver drop drum dust dying eagle east easy edge
    eight eighteen eleven empire empty end endless enemy england english escape eternal eve evening
    event ever every everybody everyone everything exit experiment express eye face fair faith fall
    fallen falling false fame far farewell farm fast fat fate father fathers favorite fear feast
    feel feet festival few field fight fighter final find finding finger five flame flash flesh
    flight flower flowers fly flying follow fool fools for forbidden force forest forever forget
    forgotten fortune four fox freaky free freedom friday friend friends frozen full fun funny
    future gang garden gate gates gentleman gentlemen german giant gift glass glory go goes going
    golden gone goodbye grace grand grandma grave gravity ground group guardian guardians guest
    guide gun guns guy guys hair half hall halloween hand hands hard hate haunted haunting have he
    head hear hearts heat here heroes hidden hide high highway hill hills him his history hit hold
    hole holiday hollywood holy honey honeymoon honor hope horror horse horses hospital hostage hot
    hotel hour hours how human hundred hunger hunt hunted hunter hunters hunting husband ice idiot
    if image immortal impossible in incredible independence india infinite inner innocent inside
    instinct into invasion invisible invitation iron it jail job joe john journey joy judge
    judgment july jungle june just justice keep key kid kids kill killer killers killing kingdom
    kings knight knife know ladies lake land language late laugh law lawyer leave left legacy
    legends letter letters liar liberty lie lies lights like line lion list living local lonely
    long look looking lord lords loser lot louder lovers loving low luck lucky machine mad made
    madness magic magical magnificent mama mansion many map march marriage married mary mask
    massacre master match maze me mean meet meeting memories memory mercy message metal midsummer
    mile milk million mind mine minute miracle mirror miss missing mission mister mob model modern
    mom moment money monkey monster monsters month moonlight more morning most motel mothers
    mountain mountains mouse mouth mr mrs ms mummy mysterious mystery myth naked name native nature
    never new news next nightmare nine no nobody none north not nothing now number nurse ocean of
    off office officer old once only open operation orange order orphan other others our out outlaw
    outside over own pain palace panic papa paper parade parents paris park part partner passage
    passenger passion past path patrol peace people perfect phantom phone photo piano picture pink
    pirate pirates place plan planet play player playing please point poison police poor pope
    portrait possession power prayer pretty price pride priest prime prince princess prison
    prisoner private professor promise promised psycho public pure pursuit quest question quick
    quiet race radio rage rain rainbow raw ready real rebel rebellion reckoning remains remember
    requiem rescue rest resurrection revolution rhythm rich ride rider right ring rise rising rival
    roads robin robot rock rocket roll roman romance room roots rose roses rough royal ruin rules
    run runaway runner running russian sacred sacrifice sad saint salt salvation sam samurai sand
    santa saturday savage save saving say scandal scarlet school science scream screen search
    season second secrets see seed self send sense seven shadows shadowed shape shark she shell
    ship shock shoot shooting shop short shot show sick side sign silence silver sin sing singer
    single sinner sister sisters six skin slave sleep sleeping slow small smart smile smoke snake
    snow so social society soldier soldiers some somebody someone something somewhere son song
    songs sons soon sound south space spider spring spy square stage stand station stay steel step
    stolen stone stop stories storm strange stranger strangers streets strong student sudden sugar
    suicide suite sunday sunrise sunset super superman supreme surf surprise survivor suspect swan
    sweet swimming sword take tale tales talk tango taste tea teacher tears teen teenage tell ten
    terror texas that their them then there these they thief thing things think third thirteen
    thirty this those thousand three through thunder tiger tiny today together tokyo tomorrow
    tonight too top total touch tough tower toy toys track traffic trail trap travel traveler
    treasure tree trees trial tribe trip trouble true trust truth turn twelve twenty twice twilight
    twin twins ugly ultimate uncle under underground unforgettable unhappy unholy universe unknown
    until up us valley vampire vampires vanishing velvet vendetta very victory video view village
    violence violent virgin voice voices voyage wait waiting wake walk walking wall waltz want
    wanted warrior warriors wars wash watch watching wave waves we wedding week weekend welcome
    well werewolf west western wet whale what wheels when where while who whole why wicked wife
    wind window wings winner wish witch witches with within without witness wolf wolves wonder
    wonderful wood woods word words work worst wrong yellow yes yesterday york you youth zero
    zombie zone accident adieu ami amie amies amis amoureux ange anges annee annees apres argent
    arbre aventure aventures avant avec baiser bal beau beaute bebe belle belles bete bien bleu
    blanc bon bonheur bonne boucher bruit cache chambre chanson chat chateau chien chose ciel
    cinema coeur contre corps couleur coup courage crise dame danse demain demoiselle dernier
    derniere desir deux diable dieu dimanche dire doux droit eau ecole elle enfance enfants ennemi
    entre ete eternite etoile etrange faim faire famille fantome faut fetes feu fin fleur fleurs
    foi folle folie foret fou frere freres gens gloire grande guerre heure heureux histoire
    histoires hiver hommes ile invite jamais jardin jeu jeune jeunes jeux joie jours juge juste
    lettre lettres libre lieu loin loup lumiere lune madame main mains maison maitre mal maman mari
    mariage marie matin mauvais meilleur meme mere mes mieux mille moi moins mois mon monsieur
    mondes montagne morts mots mystere neige noir noire nom non notre nous nouveau nouvelle nuits
    oiseau ombre oncle or oublie paradis pas passe pays peau pere perdu personne petits peu peur
    pied pierre plage plaisir plus pluie pont port porte pour premier premiere princesse printemps
    prix promesse quand quatre quelque qui reine rendez retour reve rien rire roi rouge rue sable
    sang sans seul seule soeur soeurs soir soleil sommeil sous souvenir sur terre tete tigre toi
    ton tour tous tout toute toutes travail tres triste trois trop un vacances vent verite vers
    vert vieux vin visage vivre voir voix vrai abend allein alte alten ans auf aus bei bis blut
    bruder buch dorf drei dunkel dunkle ehe eis ende engel erde erste ewig falsche familie feind
    ferien feuer fluch flucht frauen frei freiheit fremde freund freunde freundin fruhling
    geheimnis geist geister geld gesetz gestern gewalt gluck gott graf grosse grune haus heimat
    heimlich held helden hexe himmel hochzeit hof holle hund immer ins insel jagd jahr jahre
    jenseits jung junge kaiser kampf kater katze kinder kleine kleinen komm konig konigin kopf
    krieg kuss lange lass lehrer letzte letzten licht lied macht madchen magie manner maus mein
    meine meer mensch menschen mit mond morder morgen mutter nach nachte neue neuen nicht nie nur
    oder ohne oma opa pferd prinz prinzessin rache rauber regen reise ritter rot rote ruckkehr
    schatten schatz schiff schloss schnee schone schule schwarze schweigen schwester seele sein
    seine sieben sohn sommer sonne spiel stadt stern sterne stille strasse sturm sunde tage tanz
    tanzen teufel tier tiere tochter tote toten traum traume treue tur uber uns unser unter vater
    verlorene vier vogel vom von vor wahrheit wald wann wasser weg weihnachten weihnachtsmann
    weihnachts weisse weiss wenn wie wilde wilden wir wo wunder zeit zug zum zur zwei zwischen
    abuela adios agua aire alas alma amante amantes amigo amigos amores anos arbol asesino azul
    baile bajo barrio beso boda bosque buena bueno cabeza calle camino campo canciones cancion
    capitan cara carne carta casas caso chica chicas chico chicos cielo cien cine coche con corazon
    cosas crimen cuando cuatro cuento cuerpo culpa deseo despues desierto dia diablo dias dinero
    dios dolor domingo donde dos dulce edad ella ellas ellos enemigo escuela espanol espejo
    esperanza espiritu esta estrella estrellas extrano familia fantasma feliz fiesta flor flores
    frio fuego fuera gato gente gran guerra habitacion hasta hermana hermanas hermano hermanos hija
    hijo hijos historia historias hogar hombres hora huella infierno invierno isla joven juego
    juegos ladron lejos ley leyenda libertad libro llama lobo loca loco los luces luna luz madre
    maldita manana mano manos mar maria mas matar media mejor memoria mentira mentiras mi miedo mil
    mis misterio momento montana mujeres muerto muertos nada nadie navidad negra negro nina nino
    ninos noches nombre nosotros novia nueva nuevo nunca ojos olvido oro oscura oscuridad otra otro
    padre paisaje pajaro palabra pan para paraiso pasion paz pecado perdida perdido perro piedra
    piel playa por primavera primera primero princesa prision puerta puerto que quien quiero raices
    rebelde regreso reina reino rey rio roja rojo sangre secreto senor senora sentido ser siempre
    silencio sobre sol sola solo sombra sombras sonrisa sueno suenos suerte tarde tesoro tiempo
    tierra toda todo todos trabajo ultima ultimo unidos vecino venganza ventana verano verdad verde
    viaje vieja viejo viento virgen vivir voz abbiamo acqua alba albero alla alle amica amici amico
    anni anno angeli anima arte aria bacio bella bello bene bianca bianco bosco buon buongiorno
    cane capo caro cinque cittadino citta colpa compagni coraggio cosa cose cuore dei del della
    delle destino dio diavolo dieci dolce dopo dottore due estate eta fantasmi felice felicita
    festa figli figlia figlio fine fiore fiori fratelli fratello fuoco futuro gatto genio giardino
    gioco giorni giovane giovani grandi incontro inferno innocenti insieme inverno io isola ladri
    ladro legge lettera liberta luce lungo magia male mare marito matrimonio meglio mio mistero
    moglie mondo montagna morto natale nel nella nemico nero niente noi nome nonna nostra nostro
    notti nuova nuovo occhi oltre ombra ora pace paese paradiso parole passione paura pazza pazzo
    pelle per perduto piccola piccolo piu porta posto potere prima primo principe principessa
    quando quattro quella quello questa questo ragazza ragazze ragazzi ragazzo regina ritorno rosa
    rossa rosso sangue scuola segreti segreto sei senza sera sesso sette signora signore silenzio
    sogni sogno sole soli sono sorella sorelle sorriso spiaggia stagione stanza stella stelle
    storia storie strada sud sulla tempesta tempo terra tre treno tutta tutte tutti tutto uomini
    vacanze vecchio vento verita via viaggio vino vita vite vivere voce volta anjo avo boa bom
    brasil caminho cao ceu coracao cor corpo dois espelho estrada estrela eu felicidade filha filho
    fim fogo fuga gelo homem homens ilha irma irmao irmaos juntos longe lua mae medo menina menino
    meninos meu minha mulher mulheres nao natal nos noite noites nossa nosso nova novo olhos onde
    ouro pai passado paixao pele praia primeira primeiro quarto rainha rei retorno rua santo
    segredo segredos sem senhor sonho sonhos tudo uma velho verao verdade viagem vidas vingan
    anioly baba bog boze brat chlopiec ciemnosc cisza cud czarny czas czerwony czlowiek corka dla
    dlugi dobry dom droga drugi drzewo duch dwa dwoje dzieci dziecko dzien dziewczyna dziewczyny
    gdy gdzie godzina gora gra gwiazdy imie jak jestem jeden kobieta kobiety koniec kot krol
    krolowa krew ksiaze ksiezniczka kto lato las ludzie maly matka mezczyzna mgla miasto miejsce
    moj moja morze nic niebo nigdy nowy nowa oczy ogien ojciec okno ostatni ostatnia pani piekna
    pies pieklo pierwszy po pod pokoj pociag polska powrot prawda prawo przed przez przyjaciel raz
    reka rodzina rok rzeka samotny sen serce siostra slonce smierc sny spadek stary swiat swieta
    szczescie szkola tajemnica tata tylko ulica wiatr wieczor wielki wielka wiosna wojna wolnosc
    woda wszystko wyspa zabic za ziemia zima zlo zloty zona zycia alleen altijd avond bang bloed
    blauw boek boer boven broer broers brief buiten kamp dagen dans dier dieren dochter dood drie
    droom dromen duivel echte eiland einde engelen feest geheim geheimen geheime geluk goud groen
    grote hart hond huis huwelijk iedereen jaar jongen jongens kerst kinderen klein koning koningin
    koorts kwaad laatste lief lucht maan mannen meester meisje meisjes mens mensen mijn moeder
    moord naar nachten nieuwe nooit onder ons onze ook oorlog oud oude prins prinses reis rood
    samen schaduw schip sneeuw spel stad stil sterren straat tijd tot trein tuin twee vader van
    verborgen verloren verliefd vlucht voor vriend vrienden vriendin vrij vrijheid vrouw vrouwen
    vuur waar wat wereld zee zeven zoals zomer zon zonder zoon zuster zussen zwart zwarte zwarten
    allt aldrig alska aret barn barnen bara bla blod bok bror broder bruden daden dagar dansa doden
    dod dottrar dotter dromman drom ensam eld eventyr familien fader flicka flickan flickor flykten
    forsta fran frihet fruar gamle gamla glad goda graset gron gud guld guds hav havet hem hemma
    hemlig hemlighet himlen hjarta hjerte hus huset host ingen jag jakten jul julen kaerlighed
    kampen karlekens kvinna kvinden kvinnan kvinnor kung kungen lang langt liten lilla lille ljus
    livets lykke manden mand mat med mellem menn mig min mina mitt mor morker mot mote natten nar
    natter och odet ondskan ord orm pa pappa pojken pojkar resa resan regn rod roda sanning sista
    sidste siste sjal skog skogen skolan skugga snart sno snon solen som sommar sonen staden
    stjarna stjerner stor stora store storste svart svarta syster sorg tid tiden tillbaka tva ung
    unga unge vag vagen vald vand var varen varg varlden vatten ven vennen verden vinter vinden vit";

/// The table, made once.
static TABLE: LazyLock<HashMap<&'static str, Frequency>> = LazyLock::new(|| {
    let common = COMMON
        .split_ascii_whitespace()
        .map(|word| (word, Frequency::Common));
    let very = VERY_COMMON
        .split_ascii_whitespace()
        .map(|word| (word, Frequency::VeryCommon));
    common.chain(very).collect()
});

/// Returns how many titles have a folded word.
pub(crate) fn frequency(word: &str) -> Frequency {
    TABLE.get(word).copied().unwrap_or(Frequency::Rare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold;

    #[test]
    fn each_word_of_the_table_is_folded() {
        for word in COMMON
            .split_ascii_whitespace()
            .chain(VERY_COMMON.split_ascii_whitespace())
        {
            assert_eq!(fold::words(word), [word]);
        }
    }

    #[test]
    fn a_word_of_many_titles_is_known() {
        assert_eq!(frequency("love"), Frequency::VeryCommon);
        assert_eq!(frequency("thunder"), Frequency::Common);
        assert_eq!(frequency("estuary"), Frequency::Rare);
    }
}
