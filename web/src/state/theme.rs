//! The theme: light, dark, or the system's.

use strum::{EnumString, IntoStaticStr};

use super::storage;

const KEY: &str = "helios-theme";

/// The theme that a person chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Theme {
    /// The system's.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// The theme after a press of the button.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.into()
    }
}

/// The theme of an earlier visit.
pub(crate) fn stored() -> Theme {
    let name = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    name.and_then(|name| name.parse().ok()).unwrap_or_default()
}

/// Applies a theme, and stores it for the next visit.
pub(crate) fn apply(theme: Theme) {
    if let Some(storage) = storage() {
        // Without storage, the choice lasts until the page is closed.
        let _ = storage.set_item(KEY, theme.name());
    }
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        let _ = match theme {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.name()),
        };
    }
}
