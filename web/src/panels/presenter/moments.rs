//! The moments of a presentation: the steps of a lesson; else the marks of the run.

use raft_lab::{Caption, ChoiceView, Frame, LessonTurn, LessonView, TaskView};

use crate::lab::Runner;
use crate::words::{capitalized, milliseconds};

/// Goes to the next moment, or to the one before.
pub(super) fn go(runner: &Runner, forward: bool) {
    match runner.frame().lab.lesson.as_deref() {
        Some(lesson) => {
            let wanted = if forward { lesson.scene + 1 } else { lesson.scene.wrapping_sub(1) };
            if wanted < lesson.scenes.len() {
                runner.show_scene(wanted);
            }
        }
        None => runner.jump(forward),
    }
}

/// The answers among which the audience chooses now.
pub(super) fn answers(frame: &Frame) -> &[ChoiceView] {
    let lesson = frame.lab.lesson.as_deref().filter(|it| it.turn == LessonTurn::Learner);
    match lesson.and_then(|lesson| lesson.task.as_ref()) {
        Some(TaskView::Question { choices, .. }) => choices,
        Some(TaskView::Goals { .. }) | None => &[],
    }
}

/// What is said of the shown moment.
pub(super) fn caption(frame: &Frame) -> Caption {
    match frame.lab.lesson.as_deref() {
        Some(lesson) => of_lesson(lesson),
        None => of_marks(frame),
    }
}

fn of_lesson(lesson: &LessonView) -> Caption {
    let place = format!("{} of {}", lesson.scene + 1, lesson.scenes.len());
    let mut words = if lesson.conclusion.is_empty() {
        lesson.text.to_vec()
    } else {
        lesson.conclusion.to_vec()
    };
    if let (Some(TaskView::Question { text, choices, .. }), true) =
        (&lesson.task, lesson.conclusion.is_empty())
    {
        words.push(text.clone());
        words.extend(
            choices.iter().zip('A'..).map(|(choice, letter)| {
                format!("{letter}: {}.", choice.text.trim_end_matches('.'))
            }),
        );
    }
    Caption::new(&place, &lesson.scenes[lesson.scene], &words.join(" "))
}

fn of_marks(frame: &Frame) -> Caption {
    let (time, marks) = (&frame.lab.time, &frame.lab.time.tape.marks);
    let reached = marks.iter().filter(|mark| mark.steps <= time.steps).count();
    let place = format!("{reached} of {}", marks.len());
    let here = marks[..reached].last().filter(|mark| mark.steps == time.steps);
    let title = match here {
        Some(mark) => capitalized(&mark.words),
        None if time.is_past => format!("At {} ms", milliseconds(frame.view.now)),
        None => "The end of the run".to_owned(),
    };
    Caption::new(&place, &title, frame.lab.key_moment.as_deref().unwrap_or_default())
}
