import QtQuick

// One title on a shelf: a poster or a still, its name, how far it was watched.
Item {
    id: root

    required property var model
    required property int index
    required property bool stills
    property bool current: false
    signal chosen
    signal asked

    readonly property string picture: stills ? model.still : model.poster

    objectName: "card-" + model.id
    Accessible.role: Accessible.Button
    Accessible.name: model.name + ", " + (model.preparing !== "" ? model.preparing : model.caption)
    Accessible.onPressAction: root.chosen()

    Item {
        id: frame
        width: parent.width
        height: parent.width * (root.stills ? 9 / 16 : 3 / 2)
        scale: root.current ? 1.04 : 1
        Behavior on scale {
            NumberAnimation {
                duration: Theme.focusMs
                easing.type: Easing.OutCubic
            }
        }
        Rectangle {
            anchors.fill: parent
            color: Theme.raised
            radius: Theme.radius
        }
        Column {
            anchors.centerIn: parent
            visible: art.status !== Image.Ready
            spacing: 12
            width: parent.width - 24
            AppIcon {
                anchors.horizontalCenter: parent.horizontalCenter
                name: "film"
                tint: Theme.controlBorder
                size: 36
            }
            Text {
                width: parent.width
                horizontalAlignment: Text.AlignHCenter
                text: root.model.name
                color: Theme.textThird
                wrapMode: Text.Wrap
                font.family: Theme.family
                font.pixelSize: Theme.small
            }
        }
        Image {
            id: art
            anchors.fill: parent
            source: root.picture
            asynchronous: true
            fillMode: Image.PreserveAspectCrop
            sourceSize.width: 400
            opacity: status === Image.Ready ? 1 : 0
            Behavior on opacity {
                NumberAnimation {
                    duration: Theme.pageMs
                }
            }
        }
        // A film that is being prepared gets its pictures a moment later.
        Timer {
            interval: 3000
            running: art.status === Image.Error
            onTriggered: {
                art.source = "";
                art.source = Qt.binding(() => root.picture);
            }
        }
        // The page's colour over the four corners rounds the picture without a shader.
        Rectangle {
            anchors.fill: parent
            anchors.margins: -4
            radius: Theme.radius + 4
            color: "transparent"
            border.width: 4
            border.color: Theme.page
        }
        Rectangle {
            anchors.fill: parent
            anchors.margins: -5
            radius: Theme.radius + 5
            color: "transparent"
            border.width: 3
            border.color: Theme.focusRing
            visible: root.current
        }
        Rectangle {
            anchors.centerIn: parent
            width: 48
            height: 48
            radius: 24
            color: "#CC0B0D12"
            opacity: pointer.containsMouse ? 1 : 0
            Behavior on opacity {
                NumberAnimation {
                    duration: Theme.hoverMs
                }
            }
            AppIcon {
                anchors.centerIn: parent
                name: "play"
            }
        }
        Rectangle {
            anchors.left: parent.left
            anchors.top: parent.top
            anchors.margins: 8
            visible: root.model.preparing !== ""
            width: preparingText.implicitWidth + 16
            height: 24
            radius: 6
            color: "#E60B0D12"
            Text {
                id: preparingText
                anchors.centerIn: parent
                text: root.model.preparing
                color: Theme.warn
                font.family: Theme.family
                font.pixelSize: Theme.small
                font.features: ({
                        "tnum": 1
                    })
            }
        }
        Rectangle {
            visible: root.model.watched > 0 && root.model.preparing === ""
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            anchors.margins: 8
            height: 4
            radius: 2
            color: "#990B0D12"
            Rectangle {
                width: parent.width * root.model.watched
                height: 4
                radius: 2
                color: Theme.accent
            }
        }
    }
    Text {
        id: nameText
        anchors.top: frame.bottom
        anchors.topMargin: 10
        width: parent.width
        elide: Text.ElideRight
        text: root.model.name
        color: root.current ? Theme.text : Theme.textSecond
        font.family: Theme.family
        font.pixelSize: Theme.body
        font.weight: Font.DemiBold
    }
    Text {
        anchors.top: nameText.bottom
        anchors.topMargin: 3
        width: parent.width
        elide: Text.ElideRight
        text: root.model.caption
        color: Theme.textThird
        font.family: Theme.family
        font.pixelSize: Theme.small
    }
    MouseArea {
        id: pointer
        anchors.fill: parent
        hoverEnabled: true
        cursorShape: Qt.PointingHandCursor
        acceptedButtons: Qt.LeftButton | Qt.RightButton
        onClicked: mouse => mouse.button === Qt.RightButton ? root.asked() : root.chosen()
        onPressAndHold: root.asked()
    }
}
