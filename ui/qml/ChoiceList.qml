import QtQuick
import QtQuick.Controls.Basic as C

// One group of a menu: lines with a check mark at the chosen one.
Column {
    id: root

    required property var player
    required property string group
    required property QtObject choices
    property string heading: ""
    readonly property int count: lines.count

    visible: count > 0
    function takeFocus() {
        for (let at = 0; at < lines.count; at++) {
            const line = lines.itemAt(at);
            if (line && line.chosen) {
                line.forceActiveFocus();
                return;
            }
        }
        if (lines.count > 0)
            lines.itemAt(0).forceActiveFocus();
    }

    Text {
        visible: root.heading !== ""
        leftPadding: 16
        bottomPadding: 8
        text: root.heading
        color: Theme.textSecond
        font.family: Theme.family
        font.pixelSize: Theme.small
        font.weight: Font.DemiBold
    }
    Repeater {
        id: lines
        model: root.choices
        C.AbstractButton {
            id: line
            required property string value
            required property string label
            required property string detail
            required property bool chosen
            required property int index
            objectName: "choice-" + root.group + "-" + value
            text: label
            width: 264
            height: 44
            focusPolicy: Qt.StrongFocus
            Accessible.role: Accessible.RadioButton
            Accessible.name: label + (detail === "" ? "" : ", " + detail)
            Accessible.checked: chosen
            onClicked: root.player.choose(root.group, value)
            Keys.onReturnPressed: clicked()
            Keys.onEnterPressed: clicked()
            Keys.onDownPressed: nextItemInFocusChain(true).forceActiveFocus()
            Keys.onUpPressed: nextItemInFocusChain(false).forceActiveFocus()
            background: Rectangle {
                radius: 8
                color: Qt.rgba(1, 1, 1, line.hovered || line.activeFocus ? 0.1 : 0)
                border.width: line.activeFocus ? 3 : 0
                border.color: Theme.focusRing
            }
            contentItem: Item {
                AppIcon {
                    x: 14
                    anchors.verticalCenter: parent.verticalCenter
                    visible: line.chosen
                    name: "check"
                    tint: Theme.accent
                    size: 20
                }
                Text {
                    x: 46
                    anchors.verticalCenter: parent.verticalCenter
                    text: line.label
                    color: line.chosen ? Theme.accent : Theme.text
                    font.family: Theme.family
                    font.pixelSize: Theme.body
                    font.weight: line.chosen ? Font.DemiBold : Font.Normal
                }
                Text {
                    anchors.right: parent.right
                    anchors.rightMargin: 16
                    anchors.verticalCenter: parent.verticalCenter
                    text: line.detail
                    color: Theme.textThird
                    font.family: Theme.family
                    font.pixelSize: Theme.small
                    font.features: ({
                            "tnum": 1
                        })
                }
            }
        }
    }
}
