//! Presenting: one moment of the run after the other, in large type, and the tabs of the same
//! browser that follow.

mod channel;
mod followed;
mod given;
mod moments;
mod pointer;

use raft_lab::{Caption, LinkedPage};
use yew::prelude::*;

use self::followed::{Followed, Offer};
use self::given::Given;
use crate::lab::Origin;
use crate::state::Presentation;

#[derive(Properties, PartialEq)]
pub(crate) struct PresenterProps {
    /// What this tab does; `None`: neither of both.
    pub(crate) presentation: Option<Presentation>,
    pub(crate) origin: Origin,
    /// What is open in the page.
    pub(crate) page: LinkedPage,
    /// Opens what is open in the page of a presenter.
    pub(crate) on_page: Callback<LinkedPage>,
}

#[component(Presenter)]
pub(crate) fn presenter(props: &PresenterProps) -> Html {
    match props.presentation {
        None => html! { <Offer /> },
        Some(Presentation::Given) => html! {
            <Given origin={props.origin.clone()} page={props.page.clone()} />
        },
        Some(Presentation::Followed) => html! { <Followed on_page={props.on_page.clone()} /> },
    }
}

/// The words beside the picture, and the black screen.
fn view_caption(caption: &Caption, is_black: bool) -> Html {
    html! {
        <>
            <p class="presenter-place" data-testid="presenter-place">
                <span>{ &caption.place }</span>{ " " }<span>{ &caption.title }</span>
            </p>
            <p class="presenter-note" data-testid="presenter-note">{ &caption.text }</p>
            if is_black {
                <div class="presenter-black" role="status" data-testid="presenter-is-black">
                    <span class="visually-hidden">{ "The screen is black." }</span>
                </div>
            }
        </>
    }
}
