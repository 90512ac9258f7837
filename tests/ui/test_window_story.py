"""Sign in, browse, play, go back: the window as a person uses it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtQuick import QQuickItem

from player.engine.snapshot import Problem, Status
from player.service.model import SignInNeeded, Unreachable


def test_a_wrong_password_is_told_and_the_right_one_opens_the_home_page(stand: Any) -> None:
    stand.item("passwordField").setProperty("text", "guess")
    stand.click("signInButton")
    stand.until(lambda: "wrong" in stand.item("signInError").property("text"))
    stand.item("passwordField").setProperty("text", "evenflow")
    stand.click("signInButton")
    stand.until(lambda: stand.page == "home" and stand.item("heroPlay").isVisible())
    assert stand.item("heroPlay").property("text") == "Resume \u00b7 49 s left"


def test_enter_on_the_hero_resumes_a_little_before_the_place_where_it_was_left(stand: Any) -> None:
    stand.sign_in()
    stand.until(lambda: stand.focused == "heroPlay")
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.starter.started)
    assert stand.starter.started == [("lantern-river", 21.0)]


def test_arrows_walk_from_the_hero_over_the_rows_and_back(stand: Any) -> None:
    stand.sign_in()
    stand.until(lambda: stand.focused == "heroPlay")
    stand.key(Qt.Key.Key_Down)
    stand.key(Qt.Key.Key_Down)
    stand.key(Qt.Key.Key_Right)
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.starter.started)
    assert stand.starter.started[0][0] == "night-train"
    stand.key(Qt.Key.Key_Escape)
    stand.until(lambda: stand.page == "home")
    stand.key(Qt.Key.Key_Up)
    stand.key(Qt.Key.Key_Up)
    assert stand.focused == "heroPlay"


def test_keys_drive_the_session(stand: Any) -> None:
    stand.play()
    stand.key(Qt.Key.Key_Space)
    assert stand.remote.shown.status is Status.PAUSED
    stand.key(Qt.Key.Key_K)
    assert stand.remote.shown.status is Status.PLAYING
    stand.key(Qt.Key.Key_Right)
    assert stand.remote.shown.position_s == 31.0
    stand.key(Qt.Key.Key_5)
    assert stand.remote.shown.position_s == 40.0
    stand.key(Qt.Key.Key_BracketRight)
    assert stand.remote.shown.speed == 1.25
    stand.key(Qt.Key.Key_C)
    assert stand.remote.shown.subtitles[0].selected
    stand.key(Qt.Key.Key_B)
    assert stand.remote.shown.audio[1].selected
    stand.key(Qt.Key.Key_M)
    assert stand.starter.sinks[-1].muted
    stand.key(Qt.Key.Key_Down)
    assert stand.starter.sinks[-1].volume == 95.0
    stand.key(Qt.Key.Key_Home)
    assert stand.remote.shown.position_s == 0.0


def test_escape_closes_the_menu_then_the_statistics_then_full_screen_then_the_film(stand: Any) -> None:
    stand.play()
    stand.key(Qt.Key.Key_F)
    stand.key(Qt.Key.Key_I)
    stand.shell.player_page.openMenu("quality")
    stand.key(Qt.Key.Key_Escape)
    assert stand.state["menu"] == ""
    assert stand.state["stats_open"]
    stand.key(Qt.Key.Key_Escape)
    assert not stand.state["stats_open"]
    assert stand.shell.property("fullScreen")
    stand.key(Qt.Key.Key_Escape)
    assert not stand.shell.property("fullScreen")
    stand.key(Qt.Key.Key_Escape)
    stand.until(lambda: stand.page == "home")


def test_going_back_closes_the_output_once_and_the_row_knows_the_new_place(stand: Any) -> None:
    stand.play("night-train")
    stand.remote.publish(position_s=60.0)
    stand.until(lambda: stand.state["position_s"] == 60.0)
    stand.click("backButton")
    stand.until(lambda: stand.page == "home" and stand.shell.property("home").resume_s("night-train") == 60.0)
    assert stand.starter.sinks[-1].closed == 1
    assert stand.service.remembered[-1] == ("night-train", 60.0, 80.0)


def test_the_end_of_a_film_leads_back_home(stand: Any) -> None:
    stand.play()
    stand.remote.publish(status=Status.ENDED, position_s=80.0)
    stand.until(lambda: stand.page == "home")


def test_a_rung_taken_from_the_menu_is_kept_and_auto_gives_it_back(stand: Any) -> None:
    stand.play()
    stand.click("qualityButton")
    stand.until(lambda: stand.state["menu"] == "quality")
    stand.click("choice-quality-1")
    assert stand.remote.shown.fixed_rung == 1
    stand.until(lambda: stand.state["quality_label"] == "360p")
    stand.click("choice-quality-")
    assert stand.remote.shown.fixed_rung is None


def test_a_click_on_the_bar_seeks_there_and_the_bar_does_not_jump_back(stand: Any) -> None:
    stand.play()
    stand.remote.lagging = True
    stand.click("seekBar")
    stand.remote.publish(position_s=21.0)
    stand.for_s(0.05)
    assert abs(stand.state["position_s"] - 40.0) < 1.5


def test_statistics_show_rows_with_a_value_and_can_be_copied(stand: Any) -> None:
    stand.play()
    stand.key(Qt.Key.Key_I)
    assert stand.item("statsPanel").isVisible()
    stand.click("copyStats")
    text = QGuiApplication.clipboard().text()
    assert "Next choice: 1080p: hold" in text
    assert "Lantern River" in text


def test_waiting_is_shown_only_after_a_moment_and_says_what_for(stand: Any) -> None:
    stand.play()
    stand.remote.publish(status=Status.STALLED, problem=Problem("edge-down", "An edge is away.", "Wait.", attempt=2))
    stand.for_s(0.1)
    assert not stand.item("waitingText").isVisible()
    stand.until(lambda: stand.item("waitingText").isVisible())
    assert stand.item("waitingText").property("text") == "Reconnecting\u2026 attempt 2"
    assert stand.item("problemBanner").isVisible()


def test_controls_leave_the_picture_alone_after_a_while_and_come_back_with_a_key(stand: Any) -> None:
    stand.play()
    stand.until(lambda: not stand.item("controlBar").isVisible(), timeout_s=6.0)
    stand.key(Qt.Key.Key_Right)
    stand.until(lambda: stand.item("controlBar").isVisible())


def test_a_fatal_problem_is_a_card_with_a_way_out(stand: Any) -> None:
    stand.play()
    gone = Problem("not-found", "This film is gone.", "Choose another.", fatal=True)
    stand.remote.publish(status=Status.FAILED, problem=gone)
    stand.until(lambda: stand.item("failedCard").isVisible())
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.page == "home")


def test_a_title_may_be_asked_for_by_another_name(stand: Any) -> None:
    stand.play("demo")
    assert stand.starter.started == [("lantern-river", 21.0)]


def test_a_refused_playback_never_opens_an_output(stand: Any) -> None:
    stand.sign_in()
    stand.service.problem = Unreachable("The server cannot be reached.")
    stand.shell.play("night-train", -1.0)
    stand.until(lambda: stand.state["failed"])
    assert stand.starter.sinks == []


def test_a_server_that_is_away_shows_a_card_and_trying_again_shows_the_films(stand: Any) -> None:
    stand.service.problem = Unreachable("The server cannot be reached.")
    stand.shell.property("signIn").submit("demo", "evenflow")
    stand.until(lambda: stand.item("offlineCard").isVisible())
    stand.service.problem = None
    stand.key(Qt.Key.Key_Return)
    stand.until(lambda: stand.shell.property("home").property("loaded"))


def test_a_slow_server_shows_the_page_s_shape_first(stand: Any) -> None:
    stand.service.gate.clear()
    stand.shell.property("signIn").submit("demo", "evenflow")
    stand.until(lambda: stand.shell.property("home").property("skeleton"))
    stand.service.gate.set()
    stand.until(lambda: stand.shell.property("home").property("loaded"))
    assert not stand.shell.property("home").property("skeleton")


def test_a_session_that_is_over_leads_to_sign_in_and_says_so(stand: Any) -> None:
    stand.service.problem = SignInNeeded("Your session is over. Sign in again.")
    stand.shell.property("signIn").submit("demo", "evenflow")
    stand.until(lambda: stand.item("signInError").property("text") == "Your session is over. Sign in again.")
    assert stand.page == "sign-in"


def test_the_key_sheet_opens_and_closes(stand: Any) -> None:
    stand.sign_in()
    stand.key(Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert stand.item("helpSheet").isVisible()
    stand.key(Qt.Key.Key_Escape)
    assert not stand.item("helpSheet").isVisible()
    assert stand.page == "home"


def test_everything_that_can_be_used_has_a_name_for_people_and_for_tests(stand: Any) -> None:
    stand.play()
    stand.key(Qt.Key.Key_I)
    stand.shell.player_page.openMenu("tracks")
    stand.for_s(0.05)
    unnamed = [item for item in _usable(stand.window.view.contentItem()) if item.isVisible() and not _named(item)]
    assert [f"{item.metaObject().className()} {item.objectName()}" for item in unnamed] == []


def _usable(item: QQuickItem) -> list[QQuickItem]:
    kinds = ("IconButton", "PillButton", "AbstractButton", "TextField", "Slider", "Card_", "SeekBar")
    found = [item] if any(kind in item.metaObject().className() for kind in kinds) else []
    return found + [deeper for child in item.childItems() for deeper in _usable(child)]


def _named(item: QObject) -> bool:
    if not item.objectName():
        return item.property("text") == ""
    face = QAccessible.queryAccessibleInterface(item)
    return face is None or bool(face.text(QAccessible.Text.Name))
