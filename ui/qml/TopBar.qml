import QtQuick

// Over the picture: the name of the house, and who is here.
Item {
    id: root

    required property var shell
    property real gutter: 48
    property Item below: null

    height: 60
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
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.title
            font.weight: Font.Bold
            font.letterSpacing: -0.3
        }
    }
    Row {
        anchors.right: parent.right
        anchors.rightMargin: root.gutter
        anchors.verticalCenter: parent.verticalCenter
        spacing: 8
        IconButton {
            id: help
            objectName: "helpButton"
            iconName: "keyboard"
            text: "Keyboard shortcuts"
            keyHint: "?"
            onClicked: root.shell.act("toggle-help")
            KeyNavigation.right: leave
            Keys.onDownPressed: if (root.below)
                root.below.forceActiveFocus()
        }
        IconButton {
            id: leave
            objectName: "signOutButton"
            iconName: "sign-out"
            text: "Sign out"
            onClicked: root.shell.signOut()
            Keys.onDownPressed: if (root.below)
                root.below.forceActiveFocus()
        }
        Rectangle {
            width: 36
            height: 36
            radius: 10
            color: Theme.info
            anchors.verticalCenter: parent.verticalCenter
            Accessible.role: Accessible.StaticText
            Accessible.name: "Signed in as " + root.shell.profile
            Text {
                anchors.centerIn: parent
                text: root.shell.profile.slice(0, 1).toUpperCase()
                color: Theme.page
                font.family: Theme.family
                font.pixelSize: Theme.body
                font.weight: Font.Bold
            }
        }
    }
    function takeFocus() {
        help.forceActiveFocus();
    }
}
