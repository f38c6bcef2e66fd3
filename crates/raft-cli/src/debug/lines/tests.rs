use super::*;

#[test]
fn the_word_at_the_end_is_completed() {
    let lab = Lab::run_script("cluster nodes=3\n").expect("a script");
    let texts = |text: &str| {
        let (begins, pairs) = candidates(&lab, text);
        (begins, pairs.into_iter().map(|pair| pair.replacement).collect::<Vec<_>>())
    };
    assert_eq!(texts("got"), (0, vec!["goto".to_owned()]));
    assert_eq!(texts("goto e"), (5, vec!["end".to_owned(), "event".to_owned()]));
    let formats_and_times = ["svg", "mermaid", "plantuml", "txt", "from", "to"];
    assert_eq!(texts("diagram ").1, formats_and_times);
    assert_eq!(texts("set ü=1 via=l").0, 8 + 1);
    assert_eq!(texts("crash ").0, 6);
    let (_, pairs) = candidates(&lab, "undo");
    assert_eq!(pairs[0].display, "undo  take the last order back");
}
