import QtQuick
import QtQuick.Controls.Basic as C

// Who's watching: a tile for each profile, and over them the PIN or the form.
FocusScope {
    id: root

    required property var shell
    readonly property var people: shell.people
    readonly property bool free: people.step === ""

    function takeFocus() {
        if (people.step === "pin")
            pin.input.forceActiveFocus();
        else if (people.step === "edit")
            nameField.input.forceActiveFocus();
        else
            tiles.forceActiveFocus();
    }
    Connections {
        target: root.people
        function onChanged() {
            if (root.enabled)
                Qt.callLater(root.takeFocus);
        }
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
        spacing: 40
        opacity: root.free ? 1 : 0.25
        enabled: root.free
        Text {
            anchors.horizontalCenter: parent.horizontalCenter
            text: root.people.managing ? "Manage profiles" : "Who's watching?"
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.hero
            font.weight: Font.Bold
            font.letterSpacing: -1
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        ListView {
            id: tiles
            objectName: "peopleTiles"
            anchors.horizontalCenter: parent.horizontalCenter
            width: Math.min(root.width - 64, count * 160 - 28)
            height: 194
            orientation: ListView.Horizontal
            spacing: 28
            focus: true
            currentIndex: 0
            model: root.people.tiles
            boundsBehavior: Flickable.StopAtBounds
            Accessible.role: Accessible.List
            Accessible.name: "Profiles"
            delegate: Item {
                id: tile
                required property var model
                required property int index
                readonly property bool current: tiles.activeFocus && ListView.isCurrentItem
                objectName: "person-" + model.name
                width: 132
                height: 194
                Accessible.role: Accessible.Button
                Accessible.name: model.says
                Accessible.onPressAction: root.people.pick(model.id)
                Rectangle {
                    id: face
                    y: 8
                    width: 132
                    height: 132
                    radius: 20
                    color: tile.model.colour
                    scale: tile.current ? 1.04 : 1
                    FocusRing {
                        around: 20
                        shown: tile.current
                    }
                    Text {
                        anchors.centerIn: parent
                        text: tile.model.initial
                        color: Theme.page
                        font.family: Theme.family
                        font.pixelSize: 56
                        font.weight: Font.Bold
                    }
                    Rectangle {
                        anchors.right: parent.right
                        anchors.bottom: parent.bottom
                        anchors.margins: 8
                        width: 32
                        height: 32
                        radius: 16
                        color: "#E60B0D12"
                        visible: tile.model.locked || root.people.managing
                        AppIcon {
                            anchors.centerIn: parent
                            name: root.people.managing ? "pencil" : "lock"
                            size: 18
                        }
                    }
                }
                Text {
                    anchors.top: face.bottom
                    anchors.topMargin: 12
                    width: parent.width
                    horizontalAlignment: Text.AlignHCenter
                    elide: Text.ElideRight
                    text: tile.model.name
                    color: tile.current ? Theme.text : Theme.textSecond
                    font.family: Theme.family
                    font.pixelSize: Theme.body
                    font.weight: Font.DemiBold
                }
                Text {
                    y: 172
                    width: parent.width
                    horizontalAlignment: Text.AlignHCenter
                    visible: tile.model.kids
                    text: "Kids"
                    color: Theme.textThird
                    font.family: Theme.family
                    font.pixelSize: Theme.small
                }
                MouseArea {
                    anchors.fill: parent
                    cursorShape: Qt.PointingHandCursor
                    onClicked: {
                        tiles.currentIndex = tile.index;
                        root.people.pick(tile.model.id);
                    }
                }
            }
            Keys.onReturnPressed: if (currentItem)
                root.people.pick((currentItem as Item).model.id)
            Keys.onEnterPressed: if (currentItem)
                root.people.pick((currentItem as Item).model.id)
            Keys.onDownPressed: addButton.forceActiveFocus()
        }
        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: 12
            PillButton {
                id: addButton
                objectName: "addProfile"
                iconName: "plus"
                text: "Add profile"
                visible: !root.people.full
                onClicked: root.people.add()
                KeyNavigation.up: tiles
                KeyNavigation.right: manageButton
            }
            PillButton {
                id: manageButton
                objectName: "manageProfiles"
                iconName: "pencil"
                text: root.people.managing ? "Done" : "Manage"
                onClicked: root.people.manage()
                KeyNavigation.up: tiles
                KeyNavigation.left: addButton
            }
        }
        Text {
            anchors.horizontalCenter: parent.horizontalCenter
            visible: root.free && text !== ""
            text: root.people.error
            color: Theme.bad
            font.family: Theme.family
            font.pixelSize: Theme.body
            Accessible.role: Accessible.AlertMessage
            Accessible.name: text
        }
    }
    Rectangle {
        objectName: "pinCard"
        anchors.centerIn: parent
        visible: root.people.step === "pin"
        width: 360
        height: pinColumn.implicitHeight + 64
        radius: 16
        color: Theme.surface
        border.color: Theme.hairline
        onVisibleChanged: pin.text = ""
        Column {
            id: pinColumn
            anchors.centerIn: parent
            width: parent.width - 64
            spacing: 16
            Text {
                text: "PIN of " + (root.people.form.name ?? "")
                color: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.heading
                font.weight: Font.Bold
            }
            Field {
                id: pin
                width: parent.width
                label: "Four digits"
                secret: true
                inputName: "pinField"
                onAccepted: root.people.givePin(text)
                input.maximumLength: 4
                input.inputMethodHints: Qt.ImhDigitsOnly
                input.KeyNavigation.down: pinOk
            }
            Problem {
                text: root.people.error
            }
            Row {
                spacing: 12
                PillButton {
                    id: pinOk
                    objectName: "pinOk"
                    primary: true
                    text: root.people.busy ? "Opening\u2026" : "Open"
                    enabled: !root.people.busy
                    onClicked: root.people.givePin(pin.text)
                    KeyNavigation.up: pin.input
                    KeyNavigation.right: pinBack
                }
                PillButton {
                    id: pinBack
                    text: "Cancel"
                    onClicked: root.people.cancel()
                    KeyNavigation.up: pin.input
                    KeyNavigation.left: pinOk
                }
            }
        }
    }
    Rectangle {
        objectName: "profileForm"
        anchors.centerIn: parent
        visible: root.people.step === "edit"
        width: 420
        height: formColumn.implicitHeight + 64
        radius: 16
        color: Theme.surface
        border.color: Theme.hairline
        onVisibleChanged: if (visible) {
            nameField.text = root.people.form.name;
            kidsBox.checked = root.people.form.kids;
            newPin.text = "";
        }
        Column {
            id: formColumn
            anchors.centerIn: parent
            width: parent.width - 64
            spacing: 16
            Text {
                text: root.people.form.id === "" ? "Add profile" : "Change profile"
                color: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.heading
                font.weight: Font.Bold
            }
            Field {
                id: nameField
                width: parent.width
                label: "Name"
                inputName: "profileName"
                input.maximumLength: 40
                onAccepted: root.people.save(nameField.text, kidsBox.checked, newPin.text)
                input.KeyNavigation.down: kidsBox
            }
            C.CheckBox {
                id: kidsBox
                objectName: "kidsBox"
                text: "Kids: only films that suit children"
                Accessible.role: Accessible.CheckBox
                Accessible.name: text
                Keys.onReturnPressed: toggle()
                KeyNavigation.up: nameField.input
                KeyNavigation.down: newPin.input
                indicator: Rectangle {
                    y: (kidsBox.height - height) / 2
                    width: 24
                    height: 24
                    radius: 6
                    color: kidsBox.checked ? Theme.accent : Theme.raised
                    border.color: Theme.controlBorder
                    AppIcon {
                        anchors.centerIn: parent
                        visible: kidsBox.checked
                        name: "check"
                        tint: Theme.accentInk
                        size: 18
                    }
                    FocusRing {
                        around: 6
                        shown: kidsBox.activeFocus
                    }
                }
                contentItem: Text {
                    leftPadding: 36
                    verticalAlignment: Text.AlignVCenter
                    text: kidsBox.text
                    color: Theme.text
                    font.family: Theme.family
                    font.pixelSize: Theme.body
                }
            }
            Field {
                id: newPin
                width: parent.width
                label: root.people.form.locked ? "New PIN (empty: none from now on)" : "PIN (empty: none)"
                secret: true
                inputName: "newPin"
                input.maximumLength: 4
                input.inputMethodHints: Qt.ImhDigitsOnly
                onAccepted: root.people.save(nameField.text, kidsBox.checked, newPin.text)
                input.KeyNavigation.up: kidsBox
                input.KeyNavigation.down: saveButton
            }
            Problem {
                text: root.people.error
            }
            Row {
                spacing: 12
                PillButton {
                    id: saveButton
                    objectName: "saveProfile"
                    primary: true
                    text: root.people.busy ? "Saving\u2026" : "Save"
                    enabled: !root.people.busy
                    onClicked: root.people.save(nameField.text, kidsBox.checked, newPin.text)
                    KeyNavigation.up: newPin.input
                    KeyNavigation.right: cancelButton
                }
                PillButton {
                    id: cancelButton
                    text: "Cancel"
                    onClicked: root.people.cancel()
                    KeyNavigation.up: newPin.input
                    KeyNavigation.left: saveButton
                    KeyNavigation.right: removeButton
                }
                PillButton {
                    id: removeButton
                    objectName: "removeProfile"
                    visible: root.people.form.id !== ""
                    text: "Remove"
                    onClicked: root.people.remove()
                    KeyNavigation.up: newPin.input
                    KeyNavigation.left: cancelButton
                }
            }
        }
    }
    component Problem: Text {
        width: parent.width
        visible: text !== ""
        color: Theme.bad
        wrapMode: Text.Wrap
        font.family: Theme.family
        font.pixelSize: Theme.body
        Accessible.role: Accessible.AlertMessage
        Accessible.name: text
    }
}
