//! Line drawings for buttons. The button has the accessible name.

use yew::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum IconName {
    Play,
    Pause,
    Step,
    StepBack,
    Backward,
    Close,
    Help,
    Theme,
    Copy,
    Chart,
    Console,
    Explore,
    Find,
    Search,
    Lessons,
    More,
    Present,
    Rules,
    Scenarios,
    Share,
    New,
    Open,
    Wipe,
}

impl IconName {
    /// SVG path data in a box of 16 by 16.
    fn path(self) -> &'static str {
        match self {
            Self::Play => "M4.5 2.8 L13 8 L4.5 13.2 Z",
            Self::Pause => "M5 3 V13 M11 3 V13",
            Self::Step => "M3.5 3 L9.5 8 L3.5 13 Z M12.5 3 V13",
            Self::StepBack => "M12.5 3 L6.5 8 L12.5 13 Z M3.5 3 V13",
            Self::Backward => "M11.5 2.8 L3 8 L11.5 13.2 Z",
            Self::Close => "M4 4 L12 12 M12 4 L4 12",
            Self::Help => "M5.6 6 A2.4 2.4 0 1 1 8.8 8.2 C8.2 8.5 8 8.9 8 9.7 M8 12.2 V12.3",
            Self::Theme => {
                "M8 2.5 A5.5 5.5 0 1 0 8 13.5 A5.5 5.5 0 1 0 8 2.5 Z \
                 M8 2.5 V13.5 M8 5 H12.4 M8 8 H13.4 M8 11 H12.4"
            }
            Self::Copy => "M5.5 5.5 H13 V13.5 H5.5 Z M10.5 5.5 V2.5 H3 V10.5 H5.5",
            Self::Chart => "M2.5 2.5 V13.5 H13.5 M4.5 11.5 C8 11.5 7 5 13 4.5",
            Self::Console => "M2.5 3.5 H13.5 V12.5 H2.5 Z M5 6 L7 8 L5 10 M8.5 10 H11",
            Self::Explore => {
                "M3 8 H6 M6 8 L10 3.5 M6 8 L10 12.5 M6 8 H10 M12.5 3.5 V3.6 M12.5 8 V8.1 \
                 M12.5 12.5 V12.6"
            }
            Self::Find => {
                "M8 3.5 A4.5 4.5 0 1 0 8 12.5 A4.5 4.5 0 1 0 8 3.5 Z \
                 M8 1.5 V5.5 M8 10.5 V14.5 M1.5 8 H5.5 M10.5 8 H14.5"
            }
            Self::Search => {
                "M7 2.8 A4.2 4.2 0 1 0 7 11.2 A4.2 4.2 0 1 0 7 2.8 Z M10.1 10.1 L13.5 13.5"
            }
            Self::Lessons => {
                "M2.5 4 H6.5 L8 5.2 L9.5 4 H13.5 V12.5 H9.5 L8 13.5 L6.5 12.5 H2.5 Z M8 5.2 V13"
            }
            Self::More => "M3 8 V8.1 M8 8 V8.1 M13 8 V8.1",
            Self::Present => "M2.5 3.5 H13.5 V10.5 H2.5 Z M8 10.5 V13.5 M5.5 13.5 H10.5",
            Self::Rules => "M9.5 1.8 L3.5 9 H7.5 L6.5 14.2 L12.5 6.8 H8.5 Z",
            Self::Scenarios => "M3 3.5 H13 M3 8 H13 M3 12.5 H9",
            Self::Share => "M8 10 V2.5 M5 5.2 L8 2.3 L11 5.2 M5.5 7.5 H3.5 V13.5 H12.5 V7.5 H10.5",
            Self::New => "M8 3 V13 M3 8 H13",
            Self::Open => "M2.5 12.5 V3.5 H6.5 L8 5.5 H13.5 V12.5 Z",
            Self::Wipe => "M3 4.5 H13 M6 4.5 V3 H10 V4.5 M4.5 4.5 L5.2 13.5 H10.8 L11.5 4.5",
        }
    }

    fn is_filled(self) -> bool {
        matches!(self, Self::Play)
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct IconProps {
    pub(crate) name: IconName,
}

#[component(Icon)]
pub(crate) fn icon(props: &IconProps) -> Html {
    let fill = if props.name.is_filled() { "currentColor" } else { "none" };
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={props.name.path()} fill={fill} stroke="currentColor" stroke-width="1.6"
                stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}
