import QtQuick
import QtQuick.Window
import QtQml.Models

// The window: one page at a time, and the keyboard.
Window {
    id: window

    required property var shell
    readonly property string page: shell.page

    objectName: "mainWindow"
    title: page === "player" && shell.player.state.title !== "" ? shell.player.state.title + " \u2013 Evenflow" : "Evenflow"
    width: 1280
    height: 800
    minimumWidth: 720
    minimumHeight: 480
    color: Theme.page

    function focusPage() {
        if (page === "sign-in")
            signIn.takeFocus();
        else if (page === "home")
            home.takeFocus();
        else
            player.takeFocus();
    }
    onPageChanged: focusPage()
    Component.onCompleted: focusPage()

    Instantiator {
        model: window.shell.keyRows
        delegate: Shortcut {
            required property string action
            required property var keySequences
            required property real argument
            required property bool repeats
            required property bool anywhere
            sequences: keySequences
            autoRepeat: repeats
            context: Qt.WindowShortcut
            enabled: anywhere || window.page === "player" && !window.shell.helpOpen && !(window.shell.player.state.menu !== "" && action === "volume-step")
            onActivated: run()
            onActivatedAmbiguously: run()
            function run() {
                player.wake();
                window.shell.act(action, argument);
            }
        }
    }
    SignInPage {
        id: signIn
        objectName: "signInPage"
        anchors.fill: parent
        shell: window.shell
        enabled: window.page === "sign-in"
        opacity: enabled ? 1 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.pageMs
            }
        }
    }
    HomePage {
        id: home
        objectName: "homePage"
        anchors.fill: parent
        shell: window.shell
        enabled: window.page === "home" && !window.shell.helpOpen
        opacity: window.page === "home" ? 1 : 0
        visible: opacity > 0
        onEnabledChanged: if (enabled)
            takeFocus()
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.pageMs
            }
        }
    }
    PlayerPage {
        id: player
        objectName: "playerPage"
        anchors.fill: parent
        shell: window.shell
        enabled: window.page === "player"
        opacity: enabled ? 1 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.pageMs
            }
        }
    }
    HelpSheet {
        anchors.fill: parent
        shell: window.shell
        visible: window.shell.helpOpen
    }
}
