"""Who's watching, search, My List, what was watched, and a title's details: the pages around the home page."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from window_fakes import FILMS

from player.service.model import Home, Person, Row, Unreachable

FAMILY = (
    Person("p1", "Ada", "amber"),
    Person("p2", "Noor", "teal", kids=True),
    Person("p3", "Sam", "rose", locked=True),
)


def household(stand: Any) -> None:
    """Signed in to an account of three, so that the chooser is shown."""
    stand.service.household, stand.service.pins = FAMILY, {"p3": "2580"}
    stand.shell.property("signIn").submit("demo", "evenflow")
    stand.until(lambda: stand.page == "people" and stand.focused == "person-Ada")
    stand.until(lambda: stand.item("person-Ada").isVisible())


def chooser(stand: Any) -> None:
    """Back from the films to the chooser."""
    stand.click("profileButton")
    stand.until(lambda: stand.page == "people" and not stand.shell.property("people").property("busy"))
    stand.until(lambda: stand.focused.startswith("person-") and stand.item("person-Ada").isVisible())


def step(stand: Any) -> str:
    return str(stand.shell.property("people").property("step"))


def shown(stand: Any) -> list[str]:
    return [card.id for card in stand.shell.property("browsing").property("cards").rows]


def details(stand: Any) -> Any:
    return stand.shell.property("details")


def test_an_account_of_one_goes_straight_to_the_films(stand: Any) -> None:
    stand.sign_in()
    assert stand.page == "home"


def test_arrows_and_enter_choose_who_is_watching(stand: Any) -> None:
    household(stand)
    stand.key(Qt.Key.Key_Right)
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.page == "home")
    assert stand.shell.property("profile") == "Noor"


def test_a_locked_profile_asks_for_its_pin_and_says_when_it_is_wrong(stand: Any) -> None:
    household(stand)
    stand.click("person-Sam")
    stand.until(lambda: step(stand) == "pin" and stand.focused == "pinField")
    people = stand.shell.property("people")
    people.givePin("12")
    assert people.property("error") == "A PIN has 4 digits."
    people.givePin("0000")
    stand.until(lambda: "not the PIN" in people.property("error"))
    assert stand.page == "people"
    stand.item("pinField").setProperty("text", "2580")
    stand.click("pinOk")
    stand.until(lambda: stand.page == "home")
    assert stand.shell.property("profile") == "Sam"


def test_escape_closes_the_pin_and_then_goes_back_to_the_films(stand: Any) -> None:
    household(stand)
    stand.click("person-Ada")
    stand.until(lambda: stand.page == "home")
    chooser(stand)
    stand.click("person-Sam")
    stand.until(lambda: step(stand) == "pin")
    stand.key(Qt.Key.Key_Escape)
    assert (stand.page, step(stand)) == ("people", "")
    stand.key(Qt.Key.Key_Escape)
    stand.until(lambda: stand.page == "home")


def test_a_profile_is_added_changed_and_removed(stand: Any) -> None:
    household(stand)
    stand.click("addProfile")
    stand.until(lambda: step(stand) == "edit" and stand.focused == "profileName")
    stand.item("profileName").setProperty("text", "Sam")
    stand.click("saveProfile")
    stand.until(lambda: "another name" in stand.shell.property("people").property("error"))
    stand.item("profileName").setProperty("text", "Kim")
    stand.item("kidsBox").setProperty("checked", True)
    stand.click("saveProfile")
    stand.until(lambda: step(stand) == "")
    assert [(one.name, one.kids) for one in stand.service.household][-1] == ("Kim", True)
    stand.click("manageProfiles")
    stand.click("person-Kim")
    stand.until(lambda: step(stand) == "edit")
    assert stand.item("profileName").property("text") == "Kim"
    stand.click("removeProfile")
    stand.until(lambda: step(stand) == "" and len(stand.service.household) == 3)


def test_a_film_named_at_the_start_is_played_before_anybody_is_asked(stand: Any) -> None:
    stand.service.household = FAMILY
    stand.shell.play_first("night-train")
    stand.shell.property("signIn").submit("demo", "evenflow")
    stand.until(lambda: stand.starter.started)
    assert stand.page == "player"


def test_slash_searches_as_one_types_and_enter_goes_to_what_was_found(stand: Any) -> None:
    stand.sign_in()
    stand.key(Qt.Key.Key_Slash)
    stand.until(lambda: stand.page == "browse" and stand.focused == "searchField")
    for key in (Qt.Key.Key_T, Qt.Key.Key_R, Qt.Key.Key_A):
        stand.key(key)
    stand.until(lambda: shown(stand) == ["night-train"])
    assert stand.service.searched[-1] == "tra"
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.focused == "card-night-train")
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.starter.started)
    assert stand.starter.started[0][0] == "night-train"
    stand.until(lambda: stand.state["status"] == "playing")
    stand.key(Qt.Key.Key_Escape)
    stand.until(lambda: stand.page == "browse")
    assert shown(stand) == ["night-train"]


def test_what_is_not_found_and_what_is_not_reached_are_told_apart(stand: Any) -> None:
    stand.sign_in()
    stand.shell.browse("search")
    browsing = stand.shell.property("browsing")
    browsing.type("zebra")
    stand.until(lambda: browsing.property("empty"))
    assert stand.item("browseEmpty").isVisible()
    assert browsing.property("emptyHeading") == "Nothing found"
    stand.service.problem = Unreachable("The server cannot be reached.")
    browsing.type("lan")
    stand.until(lambda: browsing.property("error"))
    assert stand.item("browseProblem").isVisible()
    stand.service.problem = None
    browsing.reload()
    stand.until(lambda: shown(stand) == ["lantern-river"] and not browsing.property("error"))


def test_a_late_answer_to_an_older_question_is_not_shown(stand: Any) -> None:
    stand.sign_in()
    stand.shell.browse("search")
    browsing = stand.shell.property("browsing")
    stand.service.gate.clear()
    browsing.type("lantern")
    stand.until(lambda: stand.service.searched == ["lantern"])
    browsing.type("night")
    stand.until(lambda: stand.service.searched == ["lantern", "night"])
    stand.service.gate.set()
    stand.until(lambda: shown(stand) == ["night-train"])


def test_a_title_is_put_on_the_list_from_its_details(stand: Any) -> None:
    stand.sign_in()
    stand.click("listLink")
    stand.until(lambda: stand.shell.property("browsing").property("empty"))
    stand.shell.goHome()
    stand.until(lambda: stand.page == "home" and stand.item("heroMore").isVisible())
    stand.click("heroMore")
    stand.until(lambda: details(stand).property("loaded"))
    assert stand.item("detailsName").property("text") == "Lantern River"
    stand.click("detailsList")
    stand.until(lambda: details(stand).property("card")["listed"])
    assert stand.item("detailsList").property("text") == "On My List"
    stand.key(Qt.Key.Key_Escape)
    assert not details(stand).property("opened")
    stand.click("listLink")
    stand.until(lambda: shown(stand) == ["lantern-river"])


def test_i_on_a_card_tells_more_and_the_focus_comes_back_to_it(stand: Any) -> None:
    stand.sign_in()
    stand.until(lambda: stand.focused == "heroPlay")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_I):
        stand.key(key)
    stand.until(lambda: details(stand).property("loaded"))
    assert stand.item("detailsName").property("text") == "Night Train"
    stand.until(lambda: stand.focused == "detailsPlay")
    stand.key(Qt.Key.Key_Escape)
    stand.until(lambda: stand.focused == "card-night-train")
    stand.key(Qt.Key.Key_I)
    stand.until(lambda: details(stand).property("loaded"))
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.starter.started)
    assert stand.starter.started[0][0] == "night-train"


def test_what_was_watched_is_listed_and_can_be_forgotten(stand: Any) -> None:
    stand.sign_in()
    stand.click("historyLink")
    stand.until(lambda: shown(stand) == ["lantern-river"])
    stand.until(lambda: stand.focused == "card-lantern-river")
    stand.key(Qt.Key.Key_Delete)
    stand.until(lambda: stand.shell.property("browsing").property("empty"))
    assert stand.service.forgotten == ["lantern-river"]


def test_nothing_of_one_viewer_is_shown_to_the_next(stand: Any) -> None:
    household(stand)
    stand.click("person-Ada")
    stand.until(lambda: stand.page == "home")
    stand.shell.browse("history")
    stand.until(lambda: shown(stand))
    stand.until(lambda: stand.item("browseGrid").isVisible())
    chooser(stand)
    stand.click("person-Noor")
    stand.until(lambda: stand.page == "home")
    assert shown(stand) == []


def test_the_page_of_last_time_is_shown_until_the_server_answers(stand: Any) -> None:
    stand.service.known = Home(None, (Row("films", "Films", "posters", (FILMS[1],)),))
    stand.service.gate.clear()
    stand.shell.property("signIn").submit("demo", "evenflow")
    home = stand.shell.property("home")
    stand.until(lambda: stand.page == "home" and home.property("loaded"))
    assert [shelf.key for shelf in home.property("shelves").rows] == ["films"]
    assert not home.property("skeleton")
    stand.service.gate.set()
    stand.until(lambda: [shelf.key for shelf in home.property("shelves").rows] == ["continue-watching", "films"])
