import QtQuick
import QtQuick.Controls.Basic as C

// Over the picture: the name of the house, its pages, the search, and who is here.
Item {
    id: root

    required property var shell
    property real gutter: 48
    property Item below: null
    readonly property string here: shell.page === "browse" ? shell.browsing.section : "home"

    height: 60

    function takeFocus() {
        homeLink.forceActiveFocus();
    }
    function takeSearch() {
        field.forceActiveFocus();
        field.selectAll();
    }
    function leave() {
        if (below)
            below.takeFocus();
    }

    component Link: C.AbstractButton {
        id: link
        property bool here: false
        implicitHeight: 44
        implicitWidth: words.implicitWidth + 16
        focusPolicy: Qt.StrongFocus
        Accessible.role: Accessible.Link
        Accessible.name: text
        Keys.onReturnPressed: clicked()
        Keys.onEnterPressed: clicked()
        Keys.onDownPressed: root.leave()
        background: Item {
            FocusRing {
                anchors.margins: 2
                shown: link.activeFocus
            }
        }
        contentItem: Item {
            Text {
                id: words
                anchors.centerIn: parent
                text: link.text
                color: link.here || link.hovered ? Theme.text : Theme.textSecond
                font.family: Theme.family
                font.pixelSize: Theme.body
                font.weight: link.here ? Font.Bold : Font.Normal
            }
        }
    }

    Row {
        x: root.gutter
        anchors.verticalCenter: parent.verticalCenter
        spacing: 10
        AppIcon {
            name: "mark"
            tint: Theme.accent
            size: 26
            anchors.verticalCenter: parent.verticalCenter
        }
        Text {
            anchors.verticalCenter: parent.verticalCenter
            text: "evenflow"
            visible: root.width >= 900
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.title
            font.weight: Font.Bold
            font.letterSpacing: -0.3
        }
        Item {
            width: 8
            height: 1
        }
        Link {
            id: homeLink
            objectName: "homeLink"
            text: "Home"
            here: root.here === "home"
            onClicked: root.shell.goHome()
            KeyNavigation.right: listLink
        }
        Link {
            id: listLink
            objectName: "listLink"
            text: "My List"
            here: root.here === "list"
            onClicked: root.shell.browse("list")
            KeyNavigation.right: historyLink
        }
        Link {
            id: historyLink
            objectName: "historyLink"
            text: "Watched"
            here: root.here === "history"
            onClicked: root.shell.browse("history")
            KeyNavigation.right: field
        }
    }
    Row {
        anchors.right: parent.right
        anchors.rightMargin: root.gutter
        anchors.verticalCenter: parent.verticalCenter
        spacing: 8
        C.TextField {
            id: field
            objectName: "searchField"
            width: Math.min(240, root.width * 0.22)
            height: 40
            leftPadding: 38
            rightPadding: 12
            anchors.verticalCenter: parent.verticalCenter
            placeholderText: "Search  /"
            placeholderTextColor: Theme.textThird
            maximumLength: 200
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.accentInk
            font.family: Theme.family
            font.pixelSize: Theme.body
            verticalAlignment: TextInput.AlignVCenter
            Accessible.role: Accessible.EditableText
            Accessible.name: "Search films"
            onTextEdited: {
                root.shell.browsing.type(text);
                if (text !== "" && root.here !== "search")
                    root.shell.browse("search");
            }
            onAccepted: root.leave()
            Keys.onDownPressed: root.leave()
            Keys.onEscapePressed: {
                text = "";
                root.shell.browsing.type("");
                root.shell.goHome();
            }
            KeyNavigation.left: historyLink
            KeyNavigation.right: help
            background: Rectangle {
                radius: Theme.radius
                color: "#B01B2030"
                border.color: Theme.controlBorder
                AppIcon {
                    x: 10
                    anchors.verticalCenter: parent.verticalCenter
                    name: "search"
                    tint: Theme.textSecond
                    size: 20
                }
                FocusRing {
                    shown: field.activeFocus
                }
            }
        }
        IconButton {
            id: help
            objectName: "helpButton"
            iconName: "keyboard"
            text: "Keyboard shortcuts"
            keyHint: "?"
            onClicked: root.shell.act("toggle-help")
            KeyNavigation.left: field
            KeyNavigation.right: leave
            Keys.onDownPressed: root.leave()
        }
        IconButton {
            id: leave
            objectName: "signOutButton"
            iconName: "sign-out"
            text: "Sign out"
            onClicked: root.shell.signOut()
            KeyNavigation.left: help
            KeyNavigation.right: who
            Keys.onDownPressed: root.leave()
        }
        C.AbstractButton {
            id: who
            objectName: "profileButton"
            width: 44
            height: 44
            focusPolicy: Qt.StrongFocus
            Accessible.role: Accessible.Button
            Accessible.name: "Signed in as " + root.shell.profile + ". Change who is watching."
            onClicked: root.shell.whoIsWatching()
            Keys.onReturnPressed: clicked()
            Keys.onEnterPressed: clicked()
            Keys.onDownPressed: root.leave()
            KeyNavigation.left: leave
            background: Item {
                Rectangle {
                    anchors.centerIn: parent
                    width: 36
                    height: 36
                    radius: 10
                    color: Theme.info
                    FocusRing {
                        shown: who.activeFocus
                    }
                }
            }
            contentItem: Text {
                text: root.shell.profile.slice(0, 1).toUpperCase()
                horizontalAlignment: Text.AlignHCenter
                verticalAlignment: Text.AlignVCenter
                color: Theme.page
                font.family: Theme.family
                font.pixelSize: Theme.body
                font.weight: Font.Bold
            }
        }
    }
    Connections {
        target: root.shell
        function onChanged() {
            if (field.text !== root.shell.browsing.query)
                field.text = root.shell.browsing.query;
        }
    }
}
