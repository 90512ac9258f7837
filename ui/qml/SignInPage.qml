import QtQuick

// Which server, who is it. The demo account is filled in.
FocusScope {
    id: root

    required property var shell

    function submit() {
        shell.signIn.submit(username.text, password.text);
    }
    function takeFocus() {
        submitButton.forceActiveFocus();
    }

    Rectangle {
        anchors.fill: parent
        gradient: Gradient {
            GradientStop {
                position: 0
                color: "#132B33"
            }
            GradientStop {
                position: 0.65
                color: Theme.page
            }
        }
    }
    Column {
        anchors.centerIn: parent
        width: Math.min(400, parent.width - 64)
        spacing: 24
        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: 12
            AppIcon {
                name: "mark"
                tint: Theme.accent
                size: 44
                anchors.verticalCenter: parent.verticalCenter
            }
            Text {
                text: "evenflow"
                color: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.hero
                font.weight: Font.Bold
                font.letterSpacing: -1
            }
        }
        Rectangle {
            width: parent.width
            height: form.implicitHeight + 64
            radius: 16
            color: Theme.surface
            border.color: Theme.hairline
            Column {
                id: form
                anchors.centerIn: parent
                width: parent.width - 64
                spacing: 20
                Column {
                    width: parent.width
                    spacing: 4
                    Text {
                        text: "Sign in"
                        color: Theme.text
                        font.family: Theme.family
                        font.pixelSize: Theme.heading
                        font.weight: Font.Bold
                    }
                    Text {
                        objectName: "serverLabel"
                        width: parent.width
                        elide: Text.ElideMiddle
                        text: "to " + root.shell.server
                        color: Theme.textThird
                        font.family: Theme.family
                        font.pixelSize: Theme.body
                    }
                }
                Field {
                    id: username
                    width: parent.width
                    label: "Name"
                    text: "demo"
                    inputName: "usernameField"
                    onAccepted: root.submit()
                    input.KeyNavigation.down: password.input
                }
                Field {
                    id: password
                    width: parent.width
                    label: "Password"
                    text: "evenflow"
                    secret: true
                    inputName: "passwordField"
                    onAccepted: root.submit()
                    input.KeyNavigation.up: username.input
                    input.KeyNavigation.down: submitButton
                }
                Row {
                    width: parent.width
                    visible: root.shell.signIn.error !== ""
                    spacing: 10
                    AppIcon {
                        name: "warning"
                        tint: Theme.bad
                        size: 20
                    }
                    Text {
                        objectName: "signInError"
                        width: parent.width - 30
                        text: root.shell.signIn.error
                        color: Theme.bad
                        wrapMode: Text.Wrap
                        lineHeight: 1.3
                        font.family: Theme.family
                        font.pixelSize: Theme.body
                        Accessible.role: Accessible.AlertMessage
                        Accessible.name: text
                    }
                }
                PillButton {
                    id: submitButton
                    objectName: "signInButton"
                    width: parent.width
                    focus: true
                    primary: true
                    enabled: !root.shell.signIn.busy
                    text: root.shell.signIn.busy ? "Signing in\u2026" : "Sign in"
                    onClicked: root.submit()
                    KeyNavigation.up: password.input
                }
            }
        }
        Text {
            anchors.horizontalCenter: parent.horizontalCenter
            text: "The demo account is filled in for you."
            color: Theme.textThird
            font.family: Theme.family
            font.pixelSize: Theme.small
        }
    }
}
