//! Pages beside the journeys; and the examination itself, which is worth something only if it finds what is wrong.

use crate::harness::{Browser, Wish};
use crate::visit::Visit;

#[tokio::test]
async fn the_mocks_own_pages_fit_on_a_phone() {
    let Some(browser) = Browser::start(Wish { phone: true, ..Wish::default() }).await else { return };
    let visit = Visit::of(browser).await;
    for page in ["/", "/citizens", "/sms", "/login/nothing", "/nothing"] {
        visit.browser.open(&format!("{}{page}", visit.portal.mock)).await;
        visit.browser.examine().await;
    }
}

#[tokio::test]
async fn a_bad_page_is_found_out() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let page = "<html lang=fr><body onload=''><h3 id=a>x</h3><input id=a aria-describedby=none><a href=x></a>
        <p style='color:rgb(200,200,200);font-size:9px'>pale</p><div style='width:3000px'>wide</div>
        <img src='http://127.0.0.1:1/'><script>1</script></body></html>";
    browser.open(&format!("data:text/html,{page}")).await;
    let problems = browser.problems().await;
    for expected in [
        "lang is fr",
        "there is no title",
        "there is no viewport",
        "0 main landmarks",
        "0 headings of level 1",
        "headings skip a level: 3",
        "no label: <input",
        "nothing written on <a",
        "no alternative text: <img",
        "described by nothing: <input",
        "an id twice: a,a",
        "an inline script",
        "inline script or style: <body",
        "inline script or style: <p",
        "a style sheet is missing",
        "pixels wide on a screen of 1280",
        "too low for a finger: <input",
        "contrast 1.6",
        "text of 9 pixels",
        "net::ERR_",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected} is not among {problems:#?}");
    }
}
