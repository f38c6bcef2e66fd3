//! The shown moment as pictures.

use raft_lab::MomentPicture;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::hooks::{save_file, save_png};
use crate::state::use_controls;

#[derive(Properties, PartialEq)]
pub(super) struct SavePicturesProps {
    pub(super) on_told: Callback<String>,
}

#[component(SavePictures)]
pub(super) fn save_pictures(props: &SavePicturesProps) -> Html {
    let runner = use_controls().runner;
    let save = |picture: MomentPicture, is_png: bool| {
        let (runner, on_told) = (runner.clone(), props.on_told.clone());
        Callback::from(move |_: MouseEvent| {
            let svg = picture.svg(&runner.frame().view);
            let on_told = on_told.clone();
            spawn_local(async move {
                let name = format!("{}.{}", picture.name(), if is_png { "png" } else { "svg" });
                let saved = match is_png {
                    true => save_png(&name, &svg).await,
                    false => save_file(&name, "image/svg+xml", &svg),
                };
                let done = |()| format!("{name} has been saved.");
                on_told.emit(saved.map_or_else(|words| words, done));
            });
        })
    };
    html! {
        <section class="save-run" aria-labelledby="save-pictures-heading">
            <h3 id="save-pictures-heading">{ "Save a picture of this moment" }</h3>
            <ul>
                { for MomentPicture::ALL.into_iter().map(|picture| {
                    let (title, meaning) = words(picture);
                    let name = picture.name();
                    html! {
                        <li key={name}>
                            <span class="save-pair">
                                <button type="button" class="button" onclick={save(picture, false)}
                                    aria-label={format!("{title} as SVG")}
                                    data-testid={format!("save-{name}-svg")}>{ "SVG" }</button>
                                <button type="button" class="button" onclick={save(picture, true)}
                                    aria-label={format!("{title} as PNG")}
                                    data-testid={format!("save-{name}-png")}>{ "PNG" }</button>
                            </span>
                            <span class="dialog-note"><b>{ title }</b>{ ": " }{ meaning }</span>
                        </li>
                    }
                }) }
            </ul>
            <p class="dialog-note">
                { "The diagram has an export of its own, above its lanes." }
            </p>
        </section>
    }
}

fn words(picture: MomentPicture) -> (&'static str, &'static str) {
    match picture {
        MomentPicture::Ring => ("Ring", "the nodes, and the messages between them"),
        MomentPicture::Logs => ("Logs", "the rows of the logs that the page shows"),
    }
}
