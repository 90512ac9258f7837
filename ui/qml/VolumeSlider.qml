import QtQuick
import QtQuick.Controls.Basic as C

// How loud; the wheel works on it as well.
C.Slider {
    id: control

    required property var player

    objectName: "volumeSlider"
    implicitWidth: 92
    implicitHeight: 44
    from: 0
    to: 100
    stepSize: 1
    value: player.state.muted ? 0 : player.state.volume
    onMoved: player.setVolume(value)
    Accessible.role: Accessible.Slider
    Accessible.name: "Volume"
    background: Rectangle {
        x: control.leftPadding
        y: control.height / 2 - 2
        width: control.availableWidth
        height: 4
        radius: 2
        color: Qt.rgba(1, 1, 1, 0.25)
        Rectangle {
            width: control.visualPosition * parent.width
            height: 4
            radius: 2
            color: Theme.text
        }
    }
    handle: Rectangle {
        x: control.leftPadding + control.visualPosition * (control.availableWidth - width)
        y: control.height / 2 - 7
        width: 14
        height: 14
        radius: 7
        color: Theme.text
        FocusRing {
            shown: control.activeFocus
            around: 7
        }
    }
}
