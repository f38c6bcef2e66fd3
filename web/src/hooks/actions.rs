//! The actions of the page: each has at most one key, and the palette finds all of them. The keys,
//! the help and the palette have this one list.

use strum::VariantArray;

use super::{focus_soon, press};
use crate::state::{Controls, Dialog, Presentation, speed};

/// The positions of the slider that a key goes.
const SPEED_STEP: u32 = 5;

/// Something that the page does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, VariantArray)]
pub(crate) enum Action {
    RunOrPause,
    Step,
    StepBack,
    PlayBackward,
    MarkBefore,
    NextMark,
    Pin,
    Unpin,
    Undo,
    ReturnToLive,
    Slower,
    Faster,
    ShowPicture,
    ShowDiagram,
    ShowDisk,
    ZoomOut,
    ZoomIn,
    ZoomWhole,
    Search,
    WriteCommand,
    Console,
    Split,
    Share,
    Present,
    Find,
    Explore,
    Lessons,
    Scenarios,
    Experiments,
    Glossary,
    Rules,
    AddServer,
    NewLab,
    WipeLab,
    OpenScript,
    CopyScript,
    Theme,
    Close,
    Help,
}

impl Action {
    pub(crate) const ALL: &[Self] = Self::VARIANTS;

    /// The action of a key, as the browser names it; with `Ctrl+` before it, if that is held.
    pub(super) fn of(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.key() == Some(key))
    }

    /// Its key.
    fn key(self) -> Option<&'static str> {
        Some(match self {
            Self::RunOrPause => " ",
            Self::Step => ".",
            Self::StepBack => ",",
            Self::PlayBackward => "b",
            Self::MarkBefore => "<",
            Self::NextMark => ">",
            Self::Pin => "m",
            Self::Unpin => "M",
            Self::Undo => "Ctrl+z",
            Self::ReturnToLive => "End",
            Self::Slower => "[",
            Self::Faster => "]",
            Self::ShowPicture => "p",
            Self::ShowDiagram => "d",
            Self::ShowDisk => "D",
            Self::ZoomOut => "-",
            Self::ZoomIn => "+",
            Self::ZoomWhole => "0",
            Self::Search => "Ctrl+k",
            Self::WriteCommand => "/",
            Self::Console => "`",
            Self::Split => "s",
            Self::Share => "y",
            Self::Present => "P",
            Self::Find => "f",
            Self::Explore => "e",
            Self::Close => "Escape",
            Self::Help => "?",
            Self::Lessons
            | Self::Scenarios
            | Self::Experiments
            | Self::Glossary
            | Self::Rules
            | Self::AddServer
            | Self::NewLab
            | Self::WipeLab
            | Self::OpenScript
            | Self::CopyScript
            | Self::Theme => return None,
        })
    }

    /// Its key, as people read it.
    pub(crate) fn key_in_words(self) -> Option<&'static str> {
        self.key().map(|key| match key {
            " " => "Space",
            "Ctrl+z" => "Ctrl+Z",
            "Ctrl+k" => "Ctrl+K",
            "Escape" => "Esc",
            other => other,
        })
    }

    /// What it does, in words.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::RunOrPause => "run, or pause",
            Self::Step => "step: let one event happen; in the past, show the next moment",
            Self::StepBack => "step back: show the moment before",
            Self::PlayBackward => {
                "show the run backward, slowly; again, or any other command: stop"
            }
            Self::MarkBefore => "show the mark before: leaders, crashes, the network",
            Self::NextMark => "show the next mark: leaders, crashes, the network",
            Self::Pin => "pin this moment: tell changes since then",
            Self::Unpin => "unpin: tell changes since the moment before again",
            Self::Undo => "take back the last command: a branch begins before it",
            Self::ReturnToLive => "return from the past to the end of the run",
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::ShowPicture => "show the picture of the moment",
            Self::ShowDiagram => "show the sequence diagram of the run",
            Self::ShowDisk => "show the disk of the selected node, or of the leader; again: close",
            Self::ZoomOut => "the line of the run: zoom out",
            Self::ZoomIn => "the line of the run: zoom in",
            Self::ZoomWhole => "the line of the run: show the whole run",
            Self::Search => "search all commands, lessons, words and actions",
            Self::WriteCommand => "go to the console’s line, to write a command",
            Self::Console => "open or close the console",
            Self::Split => "split the network: choose the nodes of one side",
            Self::Share => "share this moment: a link to it",
            Self::Present => "present: large type, and other tabs of this browser can follow",
            Self::Find => "find a run in which a condition comes to hold",
            Self::Explore => {
                "explore: can anything go wrong from the shown moment on, within bounds?"
            }
            Self::Lessons => "open the lessons",
            Self::Scenarios => "open the scenarios",
            Self::Experiments => "open the experiments",
            Self::Glossary => "open the glossary",
            Self::Rules => "break a rule: switch rules off, and see what they are for",
            Self::AddServer => "add a server",
            Self::NewLab => "make a new lab",
            Self::WipeLab => "wipe the stored lab",
            Self::OpenScript => "open a script, a trace or a history",
            Self::CopyScript => "copy the script of this session",
            Self::Theme => "change between light and dark",
            Self::Close => "close the open menu; select nothing",
            Self::Help => "open the help: keys and commands",
        }
    }

    /// Does it; false if it has no meaning now.
    pub(crate) fn act(self, controls: &Controls) -> bool {
        let runner = &controls.runner;
        let frame = runner.frame();
        let (pacing, plays_backward) = (frame.lab.pacing, frame.lab.time.plays_backward);
        let position = speed::position_of(pacing.speed);
        match self {
            Self::RunOrPause if plays_backward => runner.play_backward(false),
            Self::RunOrPause => runner.set_running(!pacing.running),
            Self::Step => runner.step(),
            Self::StepBack => runner.step_back(),
            Self::PlayBackward => runner.play_backward(!plays_backward),
            Self::MarkBefore => runner.jump(false),
            Self::NextMark => runner.jump(true),
            Self::Pin => runner.pin(true),
            Self::Unpin => runner.pin(false),
            Self::Undo => runner.undo(),
            Self::ReturnToLive if frame.lab.time.is_past => runner.return_to_live(),
            Self::ReturnToLive => return false,
            Self::Slower => {
                runner.set_speed(speed::at_position(position.saturating_sub(SPEED_STEP)));
            }
            Self::Faster => runner
                .set_speed(speed::at_position((position + SPEED_STEP).min(speed::LAST_POSITION))),
            Self::ShowPicture => runner.show_diagram(false),
            Self::ShowDiagram => runner.show_diagram(true),
            Self::ShowDisk => {
                focus_soon("disk-node");
                return press("tab-disk");
            }
            Self::ZoomOut => return press("zoom-out"),
            Self::ZoomIn => return press("zoom-in"),
            Self::ZoomWhole => return press("zoom-whole"),
            Self::WriteCommand => focus_soon("console-input"),
            Self::Split => return press("split-draft"),
            Self::Console => return press("console-toggle"),
            Self::OpenScript => return press("open-script"),
            Self::CopyScript => return press("copy-script"),
            Self::Theme => return press("theme"),
            Self::Close => {
                controls.open_menu.emit(None);
                controls.select.emit(None);
            }
            Self::Search => open(controls, Dialog::Palette),
            Self::Share => open(controls, Dialog::Share),
            Self::Present => controls.present.emit(Some(Presentation::Given)),
            Self::Find => open(controls, Dialog::Find),
            Self::Explore => open(controls, Dialog::Explore),
            Self::Lessons => open(controls, Dialog::Lessons),
            Self::Scenarios => open(controls, Dialog::Scenarios),
            Self::Experiments => open(controls, Dialog::Experiments),
            Self::Glossary => open(controls, Dialog::Glossary),
            Self::Rules => open(controls, Dialog::Rules),
            Self::AddServer => open(controls, Dialog::AddServer),
            Self::NewLab => open(controls, Dialog::NewLab),
            Self::WipeLab => open(controls, Dialog::WipeLab),
            Self::Help => open(controls, Dialog::Help),
        }
        true
    }
}

fn open(controls: &Controls, dialog: Dialog) {
    controls.open_dialog.emit(Some(dialog));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_have_one_key() {
        for action in Action::ALL {
            if let Some(key) = action.key() {
                assert_eq!(Action::of(key), Some(*action), "{key}");
            }
        }
        assert_eq!(Action::of("x"), None);
    }
}
