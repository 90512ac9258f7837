"""What the demo films say, in two languages, as WebVTT: a short poem each, a line a cue."""

from __future__ import annotations

from backend_stub.encode.images import clock

_FIRST_S, _STEP_S, _SHOWN_S = 6.0, 4.9, 4.2

POEMS = {
    ("lantern-river", "en"): (
        "The day is folded and put away.",
        "Somebody lights the first of them.",
        "A small flame learns to stand.",
        "Then the village opens its hands.",
        "One for the harvest, one for the rain,",
        "one for the friend who moved to the sea.",
        "The river counts them twice.",
        "Look: the sky has come down to drink.",
        "Nobody speaks. Nobody has to.",
        "What was heavy is going up.",
        "Good night, says the water.",
    ),
    ("lantern-river", "de"): (
        "Der Tag ist gefaltet und weggelegt.",
        "Jemand zündet die erste an.",
        "Eine kleine Flamme lernt zu stehen.",
        "Dann öffnet das Dorf seine Hände.",
        "Eine für die Ernte, eine für den Regen,",
        "eine für den Freund, der ans Meer zog.",
        "Der Fluss zählt sie zweimal.",
        "Sieh: Der Himmel ist zum Trinken gekommen.",
        "Niemand spricht. Niemand muss.",
        "Was schwer war, steigt.",
        "Gute Nacht, sagt das Wasser.",
    ),
    ("night-train", "en"): (
        "Last train. Seat by the window.",
        "The hills go by like thoughts.",
        "Someone has left a lamp on for no one.",
        "Faster now: the wires rise and fall.",
        "Here is the city, all its windows talking.",
        "Ten thousand kitchens, one of them yours.",
        "The moon keeps pace and pays no fare.",
        "A bridge, a breath, a river under iron.",
        "The towers thin out into stars.",
        "Between two stations nobody can find you.",
        "Sleep. I will wake you when we are home.",
    ),
    ("night-train", "de"): (
        "Letzter Zug. Ein Platz am Fenster.",
        "Die Hügel ziehen vorbei wie Gedanken.",
        "Jemand ließ eine Lampe an, für niemanden.",
        "Schneller jetzt: Die Drähte steigen und fallen.",
        "Hier ist die Stadt, und alle Fenster reden.",
        "Zehntausend Küchen, eine davon deine.",
        "Der Mond hält Schritt und zahlt nichts.",
        "Eine Brücke, ein Atemzug, ein Fluss unter Eisen.",
        "Die Türme verlieren sich in Sterne.",
        "Zwischen zwei Halten findet dich niemand.",
        "Schlaf. Ich wecke dich, wenn wir da sind.",
    ),
    ("paper-tide", "en"): (
        "Take a sheet. Fold the corner of the evening.",
        "Cut a wave, and then its sister.",
        "Hang the moon on a thread.",
        "Now a boat, no bigger than a letter.",
        "Write nothing on it. Let it go.",
        "The sea is seven sheets deep.",
        "It rustles when it breathes.",
        "Birds are the scraps that were left over.",
        "And if it should begin to snow,",
        "it will be snowing paper.",
        "The boat arrives. It always does.",
    ),
    ("paper-tide", "de"): (
        "Nimm ein Blatt. Falte den Rand des Abends.",
        "Schneide eine Welle, dann ihre Schwester.",
        "Häng den Mond an einen Faden.",
        "Jetzt ein Boot, nicht größer als ein Brief.",
        "Schreib nichts darauf. Lass es los.",
        "Das Meer ist sieben Blätter tief.",
        "Es raschelt, wenn es atmet.",
        "Vögel sind die Reste, die übrig blieben.",
        "Und sollte es zu schneien beginnen,",
        "wird es Papier schneien.",
        "Das Boot kommt an. Das tut es immer.",
    ),
}


def demo_webvtt(title_id: str, lang: str) -> str:
    """The poem as WebVTT: the first line after the title card, the rest every 5.2 s."""
    cues = []
    for number, line in enumerate(POEMS[title_id, lang]):
        start_s = _FIRST_S + number * _STEP_S
        cues.append(f"{number + 1}\n{clock(start_s)} --> {clock(start_s + _SHOWN_S)}\n{line}\n")
    return "WEBVTT\n\n" + "\n".join(cues)
