//! The published page in a browser: on a telephone, on a desk, on document, by keyboard and for a
//! reader of the screen.

use std::io::Read;

use aws_lambda_events::encodings::Body;
use domain::kpi::{DueBasis, KpiRow};
use platform::record::{CountRecord, KpiRecord};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::support::browser::Browser;
use crate::support::call::Call;
use crate::support::days::{MORNING, count_both, happened, two_days};
use crate::support::world::{World, at};

/// Half a month of the whole province, then two days of dossiers.
async fn province() -> World {
    let world = World::new().await;
    let agencies: Vec<String> = world
        .catalogue
        .agencies()
        .filter(|agency| agency.valid_to.is_none())
        .map(|agency| agency.code.to_string())
        .take(40)
        .collect();
    for number in 1..=16_u64 {
        let day =
            domain::period::Period::day(format!("2026-11-{number:02}").parse().unwrap()).first();
        let mut all = KpiRow::default();
        for (place, agency) in (1..).zip(&agencies) {
            let received = (number * 37 + place * 11) % 90 + 100 * (place % 13);
            let late = received * (place % 5) / 20;
            let figures = KpiRow {
                received,
                digitised: received,
                resolved: received,
                early: received / 3,
                on_time: received - received / 3 - late,
                late,
                ..KpiRow::default()
            };
            all.add(&figures);
            let procedure = if place % 2 == 0 { "1.001193" } else { "1.013831" };
            let cell = format!(
                "work#{agency}#{procedure}#{}",
                ["online", "counter", "postal"][usize::try_from(place % 3).unwrap()]
            );
            world
                .figures
                .put(&KpiRecord { day: day.to_string(), cell: cell.parse().unwrap(), figures })
                .await
                .unwrap();
        }
        world
            .figures
            .put(&KpiRecord {
                day: day.to_string(),
                cell: "province".parse().unwrap(),
                figures: all,
            })
            .await
            .unwrap();
        let counted_at = at(MORNING);
        let due_basis = DueBasis::Original;
        let record = CountRecord {
            day: day.to_string(),
            counted_at,
            due_basis,
            first: day,
            last: day,
            days: 1,
        };
        world.figures.put_count(&record).await.unwrap();
    }
    two_days(&world).await;
    for number in 1..=55 {
        let steps = [("", "2026-11-17T01:30:00Z"), ("receive", "2026-11-17T01:40:00Z")];
        happened(&world, 9_100 + number, "counter", &steps).await;
    }
    count_both(&world).await;
    world
}

/// The page of November, made once for all that look at it.
async fn html() -> &'static str {
    static PAGE: OnceCell<String> = OnceCell::const_new();
    let made = || async {
        let call = Call::new("GET /v1/reports/{period}").path("period", "2026-11");
        let answer = call.at_kpi(&province().await, at(MORNING)).await;
        // The file has no headers: its policy stands in it, and everything here is seen under it.
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        let first = "<meta charset=\"utf-8\">";
        let obeyed =
            format!("{first}<meta http-equiv=\"content-security-policy\" content=\"{policy}\">");
        match answer.body {
            Some(Body::Text(html)) if html.contains(first) => html.replacen(first, &obeyed, 1),
            other => panic!("no page: {other:?}"),
        }
    };
    PAGE.get_or_init(made).await
}

#[tokio::test]
async fn nothing_is_wider_than_a_telephone() {
    let html = html().await;
    for width in [320, 360] {
        let mut page = Browser::showing(html, width).await;
        let wide = page.says("[innerWidth, document.documentElement.scrollWidth]").await;
        assert_eq!(wide, json!([width, width]));
    }
}

/// Every text with its contrast against what lies behind it, where that is less than WCAG 2.2 AA
/// asks for.
pub const PALE: &str = r#"(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const shown = colour => !/, 0\)$/.test(colour) && colour !== "transparent";
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (shown(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const pale = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    looked += 1;
    const style = getComputedStyle(element);
    const ink = element.closest("svg") ? style.fill : style.color;
    const pair = [light(ink), light(behind(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    if (contrast < (large ? 3 : 4.5)) pale.push([walker.currentNode.data.trim(), ink, behind(element), contrast]);
  }
  return looked > 100 ? pale : [["only " + looked + " texts"]];
})()"#;

#[tokio::test]
async fn every_word_stands_out_from_what_lies_behind_it() {
    let mut page = Browser::showing(html().await, 1280).await;
    assert_eq!(page.says(PALE).await, json!([]));
    page.wishing(json!([{ "name": "prefers-color-scheme", "value": "dark" }])).await;
    let paper = page.says("getComputedStyle(document.body).backgroundColor").await;
    assert_eq!(paper, "rgb(13, 17, 23)");
    assert_eq!(page.says(PALE).await, json!([]), "in the dark");
    page.as_printed().await;
    assert_eq!(page.says(PALE).await, json!([]), "on document");
}

#[tokio::test]
async fn tables_charts_and_regions_say_what_they_are() {
    let mut page = Browser::showing(html().await, 1280).await;
    let unsaid = page.says(r#"(() => {
      const all = (selector, lacks) => [...document.querySelectorAll(selector)].filter(lacks).map(found => found.outerHTML.slice(0, 120));
      const named = found => found.getAttribute("aria-label") || document.getElementById(found.getAttribute("aria-labelledby"))?.textContent;
      const levels = [...document.querySelectorAll("h1, h2, h3")].map(head => +head.tagName[1]);
      return {
        heads: all("th", head => !["col", "row", "rowgroup"].includes(head.scope)),
        captions: all("table", table => !table.caption?.textContent.trim()),
        charts: all("svg", chart => chart.getAttribute("role") !== "img" || !named(chart)),
        regions: all(".scroll", region => region.tabIndex !== 0 || region.getAttribute("role") !== "region" || !named(region)),
        sections: all("section", section => !named(section)),
        skipped: levels.filter((level, place) => place ? level > levels[place - 1] + 1 : level !== 1),
        ids: all("[id]", found => document.querySelectorAll('#' + found.id).length !== 1),
      };
    })()"#).await;
    let nothing = json!([]);
    for (what, found) in unsaid.as_object().unwrap() {
        assert_eq!(found, &nothing, "{what}");
    }
    let told = page.says("[document.documentElement.lang, document.title.length > 20, document.querySelectorAll('main').length, document.querySelectorAll('table').length, document.querySelectorAll('svg').length]").await;
    assert_eq!(told, json!(["vi", true, 1, 6, 3]));
}

/// The sort of a table's column, and the values of that column from the top.
async fn column(page: &mut Browser, place: u32) -> (Value, Vec<i64>) {
    let script = format!(
        "(() => {{ const table = document.getElementById('agencies'); return {{
           sorts: [...table.tHead.querySelectorAll('th')].map(head => head.getAttribute('aria-sort')),
           values: [...table.tBodies[0].rows].map(row => +row.cells[{place}].dataset.value) }} }})()"
    );
    let mut said = page.says(&script).await;
    (
        said["sorts"][usize::try_from(place).unwrap()].take(),
        serde_json::from_value(said["values"].take()).unwrap(),
    )
}

#[tokio::test]
async fn a_column_is_sorted_by_a_click_or_a_key_and_says_so() {
    let mut page = Browser::showing(html().await, 1280).await;
    // Most overdue first, as the page comes; then by what was received.
    let (sort, before) = column(&mut page, 2).await;
    assert_eq!(sort, "descending");
    assert!(before.is_sorted_by(|a, b| a >= b) && before[0] > 0, "{before:?}");
    let head = "document.querySelectorAll('#agencies thead button')[5]";
    let (sort, before) = column(&mut page, 5).await;
    assert!(sort.is_null() && !before.is_sorted_by(|a, b| a >= b), "{before:?}");
    page.says(&format!("{head}.click()")).await;
    assert!(column(&mut page, 2).await.0.is_null(), "one column is sorted by, and no other");
    let (sort, values) = column(&mut page, 5).await;
    assert_eq!(sort, "descending");
    assert!(values.is_sorted_by(|a, b| a >= b) && values.len() == before.len(), "{values:?}");
    page.says(&format!("{head}.focus()")).await;
    page.press_enter().await;
    let (sort, values) = column(&mut page, 5).await;
    assert_eq!(sort, "ascending");
    assert!(values.is_sorted(), "{values:?}");
    page.says("document.querySelectorAll('#agencies thead button')[0].click()").await;
    assert!(column(&mut page, 5).await.0.is_null(), "one column is sorted by, and no other");
    let names = page
        .says(
            "[...document.querySelectorAll('#agencies tbody th')].map(name => name.dataset.value)",
        )
        .await;
    let names: Vec<String> = serde_json::from_value(names).unwrap();
    let place = |start: &str| names.iter().position(|name| name.starts_with(start)).unwrap();
    // By code point every name in Ủ would stand behind every name in V.
    assert!(place("Văn phòng") < place("Ủy ban") && place("Ủy ban") < place("Sở"), "{names:?}");
}

#[tokio::test]
async fn a_telephone_shows_the_rate_and_what_is_overdue_beside_each_name() {
    let mut page = Browser::showing(html().await, 390).await;
    let hidden = page.says(r#"(() => {
      const edge = document.documentElement.clientWidth;
      const rows = [...document.querySelectorAll(".sorts thead tr, .sorts tbody tr")];
      return rows.length > 40 ? rows.flatMap(row => [0, 1, 2].map(place => row.cells[place]))
        .filter(cell => cell.getBoundingClientRect().right > edge).map(cell => cell.textContent) : ["few rows"];
    })()"#).await;
    assert_eq!(hidden, json!([]));
    let heads = page.says("[1, 2].map(place => document.querySelector('#agencies thead tr').cells[place].innerText.trim())").await;
    assert_eq!(heads, json!(["Tỷ lệ đúng hạn", "Đang quá hạn"]));
}

#[tokio::test]
async fn on_paper_the_head_and_the_signatures_are_those_of_an_official_document() {
    let mut page = Browser::showing(html().await, 1280).await;
    let shown = "[...document.querySelectorAll('.official, .signatures')].map(part => part.getClientRects().length)";
    assert_eq!(page.says(shown).await, json!([0, 0]), "a screen has neither");
    page.as_printed().await;
    assert_eq!(page.says(shown).await, json!([1, 1]));
    let words = page.says("document.querySelector('.official').innerText + document.querySelector('.signatures').innerText").await;
    for said in
        ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "NGƯỜI LẬP BIỂU"]
    {
        assert!(words.as_str().unwrap().contains(said), "{said}: {words}");
    }
    let body = "[...document.querySelectorAll('.body')].filter(found => found.getClientRects().length).length";
    assert_eq!(page.says(body).await, 1, "the body is named once");
}

#[tokio::test]
async fn the_page_fetches_nothing() {
    let mut page = Browser::showing(html().await, 1280).await;
    assert_eq!(page.says("performance.getEntriesByType('resource').length").await, 0);
    let fetched = page.fetched();
    assert!(fetched.len() == 1 && fetched[0].starts_with("file://"), "{fetched:?}");
}

#[tokio::test]
async fn what_is_pressed_is_large_enough_for_a_finger() {
    let mut page = Browser::showing(html().await, 360).await;
    let small = page.says(r#"[...document.querySelectorAll("button, a, summary")].map(found => [found.textContent.trim(), found.getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24).map(([text, box]) => [text, box.width, box.height])"#).await;
    assert_eq!(small, json!([]));
}

#[tokio::test]
async fn on_paper_there_are_no_tools_and_the_sheets_are_wide() {
    let mut page = Browser::showing(html().await, 1280).await;
    page.as_printed().await;
    let left = page
        .says(
            r#"[...document.querySelectorAll(".tools, .tools *, .hint, details, details *")]
      .filter(found => found.getClientRects().length).map(found => found.outerHTML.slice(0, 80))"#,
        )
        .await;
    assert_eq!(left, json!([]));
    let heads = page
        .says("[...document.querySelectorAll('#agencies thead th')].filter(head => head.innerText.trim()).length")
        .await;
    assert_eq!(heads, 18, "columns keep their names");
    let pdf = page.pdf().await;
    let text = String::from_utf8_lossy(&pdf);
    let sheets: Vec<Vec<f64>> = text
        .split("/MediaBox [")
        .skip(1)
        .map(|rest| {
            rest.split(']')
                .next()
                .unwrap()
                .split_whitespace()
                .map(|side| side.parse().unwrap())
                .collect()
        })
        .collect();
    assert!(pdf.starts_with(b"%PDF") && !sheets.is_empty());
    // A4 is 842 by 595 points.
    assert!(
        sheets.iter().all(|sides| (sides[2] - 842.0).abs() < 1.0 && (sides[3] - 595.0).abs() < 1.0),
        "{sheets:?}"
    );
}

// A column that stays while the others move under it covers them whole: name, numbers and the
// arrows of sorting.
#[tokio::test]
async fn on_a_telephone_nothing_shines_through_the_column_that_stays() {
    let mut page = Browser::showing(html().await, 360).await;
    let through = page.says(r#"(() => {
      const table = document.getElementById("agencies");
      table.scrollIntoView();
      const stays = [table.tHead.rows[0].cells[0], table.tBodies[0].rows[0].cells[0]];
      const through = [];
      let looked = 0;
      for (let left = 0; left <= 300; left += 5) {
        table.closest(".scroll").scrollLeft = left;
        for (const cell of stays) {
          const box = cell.getBoundingClientRect();
          for (let x = Math.ceil(box.left) + 1; x < box.right - 1; x += 2) for (let y = Math.ceil(box.top) + 1; y < box.bottom - 1; y += 2) {
            const top = document.elementFromPoint(x, y);
            looked += 1;
            if (!cell.contains(top)) through.push([left, x, y, top?.textContent.trim()]);
          }
        }
      }
      return looked > 10000 ? through.slice(0, 5) : ["only " + looked + " places"];
    })()"#).await;
    assert_eq!(through, json!([]));
}

/// The content of each sheet of a printed page, as it lies in the file.
fn sheets(pdf: &[u8]) -> Vec<String> {
    let find = |from: usize, what: &[u8]| {
        pdf[from..].windows(what.len()).position(|window| window == what).map(|place| from + place)
    };
    let (mut sheets, mut from) = (Vec::new(), 0);
    while let Some(start) = find(from, b"stream\n") {
        let end = find(start, b"endstream").unwrap();
        let mut text = Vec::new();
        // Fonts lie there too, and pictures that are packed otherwise.
        let mut unpacked = flate2::read::ZlibDecoder::new(&pdf[start + 7..end]);
        if unpacked.read_to_end(&mut text).is_ok()
            && text.windows(4).any(|window| window == b" cm\n" || window == b" re\n")
        {
            sheets.push(String::from_utf8_lossy(&text).into_owned());
        }
        from = end + 9;
    }
    sheets
}

#[tokio::test]
async fn on_paper_every_sheet_of_a_table_has_the_names_of_its_columns() {
    let mut page = Browser::showing(html().await, 1280).await;
    // Nothing is left but the longest table, and of its words nothing but the names of its columns.
    page.says(
        r#"(() => {
      const table = document.getElementById("agencies");
      document.querySelector("main").replaceChildren(table.closest("section"));
      document.querySelector("footer").remove();
      document.querySelector("h2").remove();
      for (const left of [table.caption, ...table.tBodies, table.tFoot]) left.style.visibility = "hidden";
    })()"#,
    )
    .await;
    let pdf = page.pdf().await;
    let count = String::from_utf8_lossy(&pdf).matches("/MediaBox [").count();
    let words: Vec<usize> =
        sheets(&pdf).iter().map(|sheet| sheet.matches("> Tj").count()).collect();
    assert!(count > 1 && words.len() == count, "{count} sheets, and content of {words:?}");
    assert!(words[0] > 0 && words.iter().all(|count| *count == words[0]), "{words:?}");
}

/// Takes pictures of the page for people to look at, where they are asked for.
#[tokio::test]
async fn the_page_can_be_looked_at() {
    if std::env::var_os("PICTURES").is_none() {
        return;
    }
    for width in [390, 768, 1280] {
        let mut page = Browser::showing(html().await, width).await;
        page.picture(&format!("report-{width}.png")).await;
        page.wishing(json!([{ "name": "prefers-color-scheme", "value": "dark" }])).await;
        page.picture(&format!("report-{width}-dark.png")).await;
    }
    let mut page = Browser::showing(html().await, 1280).await;
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("report.pdf"), page.pdf().await).unwrap();
}
