import QtQuick
import QtQuick.Window
import QtQml.Models

// The window: one page at a time, and the keyboard.
Window {
    id: window

    required property var shell
    readonly property string page: shell.page
    readonly property bool covered: shell.helpOpen || shell.details.opened

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
        else if (page === "people")
            people.takeFocus();
        else if (page === "home")
            home.takeFocus();
        else if (page === "browse" && shell.browsing.section === "search")
            topBar.takeSearch();
        else if (page === "browse")
            browse.takeFocus();
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
                if (action === "search" && window.page === "browse")
                    topBar.takeSearch();
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
    PeoplePage {
        id: people
        objectName: "peoplePage"
        anchors.fill: parent
        shell: window.shell
        enabled: window.page === "people"
        opacity: enabled ? 1 : 0
        visible: opacity > 0
        onEnabledChanged: if (enabled)
            takeFocus()
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
        topBar: topBar
        enabled: window.page === "home" && !window.covered
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
    BrowsePage {
        id: browse
        objectName: "browsePage"
        anchors.fill: parent
        shell: window.shell
        topBar: topBar
        enabled: window.page === "browse" && !window.covered
        opacity: window.page === "browse" ? 1 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.pageMs
            }
        }
    }
    TopBar {
        id: topBar
        width: parent.width
        gutter: Theme.gutter(width)
        shell: window.shell
        below: window.page === "browse" ? browse : home
        enabled: (window.page === "home" || window.page === "browse") && !window.covered
        visible: window.page === "home" || window.page === "browse"
    }
    DetailsSheet {
        anchors.fill: parent
        shell: window.shell
        visible: window.shell.details.opened
        enabled: visible
        onVisibleChanged: if (!visible)
            Qt.callLater(window.focusPage)
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
