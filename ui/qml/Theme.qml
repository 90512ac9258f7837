pragma Singleton
import QtQuick

// Every colour, size and duration of the window. A test computes the contrasts.
QtObject {
    readonly property color page: "#0B0D12"
    readonly property color surface: "#12151D"
    readonly property color raised: "#1B2030"
    readonly property color hairline: "#2A3042"
    readonly property color controlBorder: "#667192"
    readonly property color text: "#F2F4F8"
    readonly property color textSecond: "#A9B1C3"
    readonly property color textThird: "#8A93A8"
    readonly property color accent: "#4FD8B4"
    readonly property color accentInk: "#06281F"
    readonly property color warn: "#FFC56B"
    readonly property color bad: "#FF6B6B"
    readonly property color info: "#7AA2FF"
    readonly property color focusRing: "#FFFFFF"

    readonly property string family: "Inter"
    readonly property int small: 13
    readonly property int body: 15
    readonly property int title: 19
    readonly property int heading: 24
    readonly property int hero: 44

    readonly property int hoverMs: 120
    readonly property int focusMs: 180
    readonly property int pageMs: 240
    readonly property int radius: 10

    function gutter(width: real): real {
        return width >= 1920 ? 80 : width >= 1100 ? 48 : 32;
    }
}
