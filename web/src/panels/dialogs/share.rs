//! The dialog with the link to the moment that the page shows.

mod pictures;

use raft_lab::{LinkedPage, RunForm};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use self::pictures::SavePictures;
use crate::hooks::{copy_text, save_file};
use crate::lab::{Origin, links};
use crate::state::{use_controls, use_frame};
use crate::ui::Dialog;
use crate::words::{counted, milliseconds};

/// The name of the file that takes the place of a link that is too long.
const FILE: &str = "moment.helios";

#[derive(Properties, PartialEq)]
pub(crate) struct ShareProps {
    pub(crate) origin: Origin,
    /// What is open in the page.
    pub(crate) page: LinkedPage,
    pub(crate) on_close: Callback<()>,
}

#[component(Share)]
pub(crate) fn share(props: &ShareProps) -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    // Time may pass meanwhile: it is the moment at which somebody wanted to share.
    let link = use_memo((), |()| {
        let headline = frame.view.headline.to_string();
        runner.link(&title_of(&props.origin, frame.lab.lesson.as_deref(), headline), &props.page)
    });
    let title = use_state_eq(|| link.title.clone());
    let address = use_state_eq(|| None::<Result<String, String>>);
    let told = use_state_eq(String::new);
    let last = use_mut_ref(|| 0_u64);
    use_effect_with((*title).clone(), {
        let (link, address) = (link.clone(), address.setter());
        move |title| {
            let link = link.titled(title);
            *last.borrow_mut() += 1;
            let number = *last.borrow();
            spawn_local(async move {
                let made = links::address_of(&link).await;
                // The title may have changed meanwhile.
                if *last.borrow() == number {
                    address.set(Some(made));
                }
            });
        }
    });
    let on_title = {
        let title = title.setter();
        Callback::from(move |event: InputEvent| {
            title.set(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let on_save = {
        let (link, told) = (link.clone(), told.setter());
        Callback::from(move |_: MouseEvent| {
            let saved = save_file(FILE, "text/plain", &link.script);
            told.set(saved.map_or_else(|words| words, |()| format!("{FILE} has been saved.")));
        })
    };
    html! {
        <Dialog title="Share this moment" on_close={props.on_close.clone()}>
            <div class="share" data-testid="share-dialog">
                <p class="dialog-text">
                    { format!("The link opens this run at {} ms in another browser. It holds the \
                               run itself, and no server receives it.", milliseconds(link.at)) }
                </p>
                <label>{ "Title" }
                    <input type="text" maxlength={raft_lab::MAX_LINK_TITLE.to_string()}
                        data-testid="share-title" value={(*title).clone()} oninput={on_title} />
                </label>
                { match &*address {
                    None => html! { <p class="dialog-note">{ "The link is being made." }</p> },
                    Some(Ok(address)) => html! {
                        <Address address={address.clone()} on_told={setting(&told)} />
                    },
                    Some(Err(words)) => html! {
                        <>
                            <p class="dialog-text" role="alert" data-testid="share-refused">
                                { format!("There is no link: {words}.") }
                            </p>
                            <div class="dialog-buttons">
                                <button type="button" class="button is-primary" onclick={on_save}
                                    data-testid="share-save">{ "Save as a file" }</button>
                            </div>
                        </>
                    },
                } }
                <SaveRun on_told={setting(&told)} />
                <SavePictures on_told={setting(&told)} />
                <p class="dialog-note" role="status" data-testid="share-told">
                    { (*told).clone() }
                </p>
            </div>
        </Dialog>
    }
}

fn setting(words: &UseStateHandle<String>) -> Callback<String> {
    let words = words.setter();
    Callback::from(move |next| words.set(next))
}

#[derive(Properties, PartialEq)]
struct AddressProps {
    address: String,
    on_told: Callback<String>,
}

/// The link, to be copied.
#[component(Address)]
fn address(props: &AddressProps) -> Html {
    let AddressProps { address, on_told } = props;
    let on_focus = Callback::from(|event: FocusEvent| {
        event.target_unchecked_into::<HtmlInputElement>().select();
    });
    let on_copy =
        use_callback((address.clone(), on_told.clone()), |_: MouseEvent, (address, on_told)| {
            let on_told = on_told.clone();
            let tell = move |words: &str| on_told.emit(words.to_owned());
            copy_text(address, "The link has been copied.", tell);
        });
    html! {
        <>
            <label>{ "Link" }
                <input type="text" readonly={true} data-testid="share-link"
                    value={address.clone()} onfocus={on_focus} />
            </label>
            <div class="dialog-buttons">
                <span class="dialog-note" data-testid="share-length">
                    { counted(address.len(), "character", "characters") }
                </span>
                <button type="button" class="button is-primary" data-testid="share-copy"
                    onclick={on_copy}>{ "Copy" }</button>
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct SaveRunProps {
    on_told: Callback<String>,
}

/// The run up to the shown moment, as files.
#[component(SaveRun)]
fn save_run(props: &SaveRunProps) -> Html {
    let runner = use_controls().runner;
    let save = |form: RunForm| {
        let (runner, on_told) = (runner.clone(), props.on_told.clone());
        Callback::from(move |_: MouseEvent| {
            let name = format!("{}.{}", form.name(), form.extension());
            let text = runner.export_as(form);
            let saved = text.and_then(|text| save_file(&name, "text/plain", &text));
            on_told.emit(saved.map_or_else(|words| words, |()| format!("{name} has been saved.")));
        })
    };
    html! {
        <section class="save-run" aria-labelledby="save-run-heading">
            <h3 id="save-run-heading">{ "Save the run up to this moment" }</h3>
            <ul>
                { for RunForm::ALL.into_iter().map(|form| html! {
                    <li key={form.name()}>
                        <button type="button" class="button" onclick={save(form)}
                            data-testid={format!("save-{}", form.name())}>{ form.title() }</button>
                        <span class="dialog-note">{ form.meaning() }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}

/// The name of what is played; in a lab of one's own, what is to be seen.
pub(in crate::panels) fn title_of(
    origin: &Origin,
    lesson: Option<&raft_lab::LessonView>,
    headline: String,
) -> String {
    match origin {
        Origin::Durable { .. } | Origin::Scratch { .. } => headline,
        Origin::Scenario(scenario) => scenario.title.to_owned(),
        Origin::Script(script) => script.name.clone(),
        Origin::Lesson(_) => lesson.map_or(headline, |lesson| lesson.title.to_string()),
    }
}
