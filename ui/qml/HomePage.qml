import QtQuick

// Hero and shelves, or the words for why there are none.
FocusScope {
    id: root

    required property var shell
    required property TopBar topBar
    readonly property var home: shell.home
    readonly property real gutter: Theme.gutter(width)
    readonly property bool hasHero: home.loaded && home.hero.id !== undefined

    function play(titleId, startAt) {
        shell.play(titleId, startAt);
    }
    function takeFocus() {
        if (home.error !== "" && !home.loaded)
            offline.button.forceActiveFocus();
        else if (rows.currentIndex >= 0 && rows.wasUsed && rows.count > 0)
            rows.focusRow();
        else if (hasHero)
            rows.toHero();
        else
            rows.forceActiveFocus();
    }
    onHasHeroChanged: if (enabled && hasHero)
        Qt.callLater(takeFocus)
    HomeSkeleton {
        anchors.fill: parent
        gutter: root.gutter
        visible: root.home.skeleton
    }
    ListView {
        id: rows

        property bool wasUsed: false

        function focusRow() {
            wasUsed = true;
            if (currentItem)
                (currentItem as Shelf).takeFocus();
        }
        function toHero() {
            if (root.hasHero) {
                currentIndex = -1;
                (headerItem as Hero).takeFocus();
                positionViewAtBeginning();
            } else {
                root.topBar.takeFocus();
            }
        }

        objectName: "homeRows"
        anchors.fill: parent
        visible: root.home.loaded && !root.home.empty
        model: root.home.shelves
        // A list gives its current item the focus when that is made; here the hero has it first.
        currentIndex: -1
        focus: true
        cacheBuffer: 4000
        boundsBehavior: Flickable.StopAtBounds
        highlightMoveDuration: Theme.focusMs
        highlightRangeMode: ListView.ApplyRange
        preferredHighlightBegin: 60
        preferredHighlightEnd: height - 8
        header: Hero {
            width: rows.width
            height: root.hasHero ? Math.round(root.height * 0.54) : 76
            visible: root.hasHero
            card: root.home.hero
            gutter: root.gutter
            onPlay: (titleId, startAt) => root.play(titleId, startAt)
            onMore: titleId => root.shell.details.open(titleId)
            onUpPressed: root.topBar.takeFocus()
            onDownPressed: {
                rows.currentIndex = 0;
                rows.focusRow();
            }
        }
        delegate: Shelf {
            required property int index
            width: rows.width
            gutter: root.gutter
            onPlay: (titleId, startAt) => {
                rows.currentIndex = index;
                rows.wasUsed = true;
                root.play(titleId, startAt);
            }
            onMore: titleId => {
                rows.currentIndex = index;
                rows.wasUsed = true;
                root.shell.details.open(titleId);
            }
        }
        footer: Item {
            width: 1
            height: 24
        }
        Keys.onUpPressed: {
            if (currentIndex > 0) {
                decrementCurrentIndex();
                focusRow();
            } else {
                toHero();
            }
        }
        Keys.onDownPressed: {
            if (currentIndex < count - 1) {
                incrementCurrentIndex();
                focusRow();
            }
        }
    }
    StateCard {
        id: offline
        objectName: "offlineCard"
        anchors.centerIn: parent
        visible: root.home.error !== "" && !root.home.loaded
        iconName: "offline"
        heading: "Can't reach the films"
        message: root.home.error
        onVisibleChanged: if (visible && root.enabled)
            button.forceActiveFocus()
        action: root.home.waitSeconds > 0 ? "Try again \u00b7 " + root.home.waitSeconds + " s" : "Try again"
        onActed: root.home.reload()
    }
    StateCard {
        objectName: "emptyCard"
        anchors.centerIn: parent
        visible: root.home.empty
        iconName: "film"
        tint: Theme.textSecond
        heading: "No films yet"
        message: "Add one with “evenflow add FILM”; it shows up here while it is being prepared."
        action: "Look again"
        onActed: root.home.reload()
    }
    Rectangle {
        objectName: "offlineBanner"
        anchors.horizontalCenter: parent.horizontalCenter
        y: 68
        visible: root.home.error !== "" && root.home.loaded
        width: Math.min(banner.implicitWidth + 32, parent.width - 64)
        height: 56
        radius: Theme.radius
        color: Theme.raised
        border.color: Theme.warn
        Row {
            id: banner
            anchors.centerIn: parent
            spacing: 16
            AppIcon {
                name: "offline"
                tint: Theme.warn
                size: 20
                anchors.verticalCenter: parent.verticalCenter
            }
            Text {
                anchors.verticalCenter: parent.verticalCenter
                width: Math.min(implicitWidth, root.width - 320)
                elide: Text.ElideRight
                text: root.home.error
                color: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.small
            }
            PillButton {
                objectName: "bannerRetry"
                text: root.home.waitSeconds > 0 ? "Try again \u00b7 " + root.home.waitSeconds + " s" : "Try again"
                onClicked: root.home.reload()
            }
        }
    }
    // Once the page is scrolled the bar needs a ground of its own.
    Rectangle {
        width: parent.width
        height: 84
        opacity: Math.max(0, Math.min(1, (rows.contentY - rows.originY) / 80))
        gradient: Gradient {
            GradientStop {
                position: 0
                color: Theme.page
            }
            GradientStop {
                position: 0.7
                color: "#E60B0D12"
            }
            GradientStop {
                position: 1
                color: "#000B0D12"
            }
        }
    }
}
