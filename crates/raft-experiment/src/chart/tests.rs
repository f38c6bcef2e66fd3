use super::*;

fn chart() -> Chart {
    let curve = |name: &str, points: &[(f64, f64)], is_stepped| ChartCurve {
        name: name.to_owned(),
        points: points.to_vec(),
        is_stepped,
    };
    Chart {
        title: "Time without a leader".to_owned(),
        x: ChartAxis::around(("time", "ms"), (10.0, 1000.0), true),
        y: ChartAxis::around(("share", "%"), (0.0, 100.0), false),
        curves: vec![
            curve("150ms..155ms", &[(10.0, 0.0), (95.0, 50.0), (950.0, 100.0)], true),
            curve("a<b & \"c\"", &[(20.0, 10.0), (200.0, 60.0)], false),
        ],
    }
}

#[test]
fn the_svg_is_as_it_was_reviewed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chart.svg");
    let drawn = chart().svg();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &drawn).unwrap();
    }
    assert_eq!(drawn, std::fs::read_to_string(path).unwrap(), "UPDATE_GOLDEN=1 accepts it");
}

#[test]
fn the_svg_names_everything_and_has_nothing_that_a_strict_page_refuses() {
    let svg = chart().svg();
    for named in
        ["role=\"img\"", "<title>Time without a leader</title>", ">time (ms)<", ">share (%)<"]
    {
        assert!(svg.contains(named), "{named}");
    }
    assert!(svg.contains("a&lt;b &amp; &quot;c&quot;") && !svg.contains("a<b"));
    assert!(["<style", "style=", "<script", "href", "#000"].iter().all(|bad| !svg.contains(bad)));
    assert!(svg.contains("var(--chart-1, #") && svg.contains("stroke-dasharray=\"7 3\""));
}

#[test]
fn several_charts_are_below_each_other() {
    let svg = Chart::svg_of_all(&[chart(), chart()]);
    assert_eq!(svg.matches("role=\"img\"").count(), 2);
    assert!(svg.contains("translate(0 0)") && svg.contains("translate(0 372)"), "{svg}");
    assert_eq!(Chart::svg_of_all(&[chart()]), chart().svg());
}

#[test]
fn a_curve_rises_in_the_text_where_its_points_are() {
    let mut chart = chart();
    chart.curves.truncate(1);
    let text = chart.text(false);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    // Half of the way from 10 to 1000 is 100 on a logarithmic axis: 95 is just before it.
    assert_eq!(lines[10], format!("     50 +{}{}", " ".repeat(34), "a".repeat(35)));
    assert_eq!(lines[0].trim_end(), format!("    100 +{}a", " ".repeat(69)));
    assert_eq!(lines[20], format!("      0 +{}", "a".repeat(34)));
    // The rise is one stroke.
    assert!(lines[11..20].iter().all(|line| line.find('a') == Some(9 + 34)), "{text}");
    let numbers: Vec<&str> = lines[22].split_whitespace().collect();
    assert_eq!(numbers, ["10", "20", "50", "100", "200", "500", "1000"]);
    assert!(text.lines().all(|line| line.len() <= 80 && line.is_ascii()), "{text}");
}

#[test]
fn a_straight_curve_is_drawn_between_its_points_only() {
    let curve = &chart().curves[1];
    assert_eq!(curve.height_at(19.0), None);
    assert_eq!(curve.height_at(110.0), Some(35.0));
    assert_eq!(curve.height_at(200.0), Some(60.0));
    assert_eq!(curve.height_at(201.0), None);
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let (plain, coloured) = (chart().text(false), chart().text(true));
    let mut bare = coloured.replace("\x1b[0m", "");
    for colour in [34, 31] {
        bare = bare.replace(&format!("\x1b[{colour}m"), "");
    }
    assert_eq!(bare, plain);
    assert_ne!(coloured, plain);
}
