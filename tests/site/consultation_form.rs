//! The form: what it asks, what it says about each problem, and that nothing typed is lost.

use axum::http::StatusCode;
use scraper::Html;

use crate::form::Form;
use crate::reception::{self, EMAIL, NOTE, PHONE, Reception, STATE, UNDERSTOOD};
use crate::visit::{add_tables, all, one, set_facts, words};

/// The page that refuses a form.
async fn refused(reception: &Reception, form: &Form) -> Html {
    let answer = reception.press(form, "Continue").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.html();
    assert!(words(one(&page, "title")).starts_with("Error: Request a consultation"));
    page
}

/// What the summary says, with the id that each line leads to.
fn summary(page: &Html) -> Vec<(String, String)> {
    let links = all(page, "#problems[role='alert'][tabindex='-1'] li a");
    let target = |link: &scraper::ElementRef| {
        link.attr("href").and_then(|href| href.strip_prefix('#')).map(String::from)
    };
    links.into_iter().map(|link| (words(link), target(&link).expect("a fragment"))).collect()
}

#[tokio::test]
async fn every_question_left_blank_is_named_in_the_order_of_the_form() {
    let reception = reception::open().await;
    let page = refused(&reception, &reception.form().await).await;
    assert_eq!(words(one(&page, "#problems h2")), "6 things need your attention");
    let wanted = [
        ("Enter the name we should use for you", "full-name"),
        ("Select what you are looking for, or that you are not sure", "looking-for"),
        ("Select where you will be during sessions", "location"),
        ("Select yes if you are 18 or older", "adult"),
        ("Select at least one way we may reach you", "by"),
        ("Tick the box to show you know this form is not for emergencies", "understood"),
    ];
    assert_eq!(summary(&page), wanted.map(|(words, id)| (words.to_owned(), id.to_owned())));
    for (said, id) in wanted {
        let control = one(&page, &format!("#{id}"));
        assert!(["input", "select"].contains(&control.value().name()), "{id} can be focused");
        assert_eq!(words(one(&page, &format!("#{id}-error"))), format!("Error: {said}"));
    }
    assert!(!all(&page, "form[action='/request-consultation/check#problems']").is_empty());
}

#[tokio::test]
async fn a_question_is_tied_to_its_hint_and_its_error() {
    let reception = reception::open().await;
    let page = refused(&reception, &reception.form().await).await;
    let described = all(&page, "[aria-describedby]");
    assert!(described.len() > 8);
    for element in described {
        for id in element.attr("aria-describedby").expect("there").split_whitespace() {
            one(&page, &format!("[id='{id}']"));
        }
    }
    for id in ["full-name", "location", "understood"] {
        let control = one(&page, &format!("#{id}"));
        assert_eq!(control.attr("aria-invalid"), Some("true"));
        assert!(control.attr("aria-describedby").expect("there").contains(&format!("{id}-error")));
    }
    let ids: Vec<_> = all(&page, "[id]").into_iter().filter_map(|element| element.attr("id")).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "an id stands there twice");
}

/// A change to a form that is in order, and what the page says about it.
type Slip = (fn(&mut Form), &'static str, &'static str);

fn done(_: &mut Form) {}

const SLIPS: [Slip; 14] = [
    (|form| done(form.fill("Name", "  \n ")), "Enter the name we should use for you", "full-name"),
    (|form| done(form.fill("Name", &"ä".repeat(101))), "Name must be 100 characters or fewer", "full-name"),
    (
        |form| done(form.choose("Text message").fill(PHONE, " ")),
        "Enter a phone number so that we can call or text you",
        "phone",
    ),
    (
        |form| done(form.fill(PHONE, "555 01")),
        "Phone number must have 10 digits, or start with + if it is not a US number",
        "phone",
    ),
    (|form| done(form.untick("No voicemail")), "Select whether we may leave a voicemail", "voicemail"),
    (|form| done(form.fill(EMAIL, "")), "Enter an email address so that we can write to you", "email"),
    (
        |form| done(form.untick("Phone call").fill(EMAIL, "quill@mail")),
        "Email address must have an @ and a dot, like name@example.com",
        "email",
    ),
    (
        |form| done(form.fill(EMAIL, &format!("{}@mail.example", "q".repeat(250)))),
        "Email address must be 254 characters or fewer",
        "email",
    ),
    (
        |form| done(form.fill(NOTE, &"n".repeat(1_204))),
        "Your note must be 1,000 characters or fewer. It now has 1,204",
        "note",
    ),
    (
        |form| done(form.fill(NOTE, &format!("e{}", "\u{301}".repeat(17_000)))),
        "Your note takes up too much room. Make it shorter",
        "note",
    ),
    (
        |form| done(form.untick("Phone call").untick("Email")),
        "Select at least one way we may reach you",
        "by",
    ),
    (|form| done(form.tamper("location", "XX")), "Select where you will be during sessions", "location"),
    (
        |form| done(form.untick(UNDERSTOOD)),
        "Tick the box to show you know this form is not for emergencies",
        "understood",
    ),
    (
        |form| done(form.fill("Name", "Qu\u{1}ill")),
        "This answer held characters that cannot be shown. We took them out; look at it once more",
        "full-name",
    ),
];

#[tokio::test]
async fn each_slip_is_said_in_its_own_words_and_nothing_typed_is_lost() {
    let reception = reception::open().await;
    for (slip, said, id) in SLIPS {
        let mut form = reception.filled().await;
        slip(&mut form);
        let page = refused(&reception, &form).await;
        assert_eq!(summary(&page), [(said.to_owned(), id.to_owned())]);
        assert_eq!(words(one(&page, "#problems h2")), "1 thing needs your attention");
        one(&page, &format!("#{id}"));
        let again = Form::with_button(&page, "Continue");
        let mut typed = form.answers();
        // What can't be shown or chosen is what the refusal was about.
        typed.iter_mut().for_each(|(_, value)| *value = value.replace('\u{1}', ""));
        typed.retain(|(_, value)| value != "XX");
        assert_eq!(again.answers(), typed, "{said}");
        assert_eq!(
            again.value("token"),
            form.value("token"),
            "the time since the form was opened still counts"
        );
    }
    assert!(reception.stored().await.is_empty());
}

#[tokio::test]
async fn the_form_says_what_it_is_not_for_and_never_nags() {
    let reception = reception::open_with(|folder| set_facts(folder, "phone = \"(555) 555-0100\"")).await;
    let answer = reception.get("/request-consultation").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    let page = answer.html();
    let main = words(one(&page, "main"));
    assert!(main.contains("This form is not for emergencies. Nobody watches it around the clock."));
    assert!(main.contains("Questions marked (optional) can be left blank."));
    assert!(main.contains("Next you can check your answers. Nothing is sent yet."));
    assert_eq!(one(&page, "main a[href^='tel:+1555']").attr("href"), Some("tel:+15555550100"));
    one(&page, "a.leave[href='/leave']");
    for word in ["please", "sorry", "invalid", "oops", "required"] {
        assert!(!main.to_lowercase().contains(word), "{word}");
    }
}

#[tokio::test]
async fn the_controls_help_the_keyboard_of_a_phone() {
    let reception = reception::open().await;
    let page = reception.get("/request-consultation").await.html();
    for (id, kind, complete) in
        [("full-name", "text", "name"), ("phone", "tel", "tel"), ("email", "email", "email")]
    {
        let control = one(&page, &format!("#{id}"));
        assert_eq!(
            (control.attr("type"), control.attr("autocomplete")),
            (Some(kind), Some(complete)),
            "{id}"
        );
        assert!(control.attr("maxlength").is_none(), "{id} would cut off what was pasted");
    }
    assert_eq!(one(&page, "#note").attr("autocomplete"), Some("off"));
    let trap = one(&page, "[aria-hidden='true'] input[name='contact_fax']");
    assert_eq!((trap.attr("tabindex"), trap.attr("autocomplete")), (Some("-1"), Some("off")));
}

#[tokio::test]
async fn licensed_states_become_a_choice_of_their_own() {
    let shipped = reception::open().await;
    let page = shipped.get("/request-consultation").await.html();
    assert!(all(&page, "select#location option").len() > 50);

    let licensed =
        reception::open_with(|folder| set_facts(folder, "licensed_states = [\"OR\", \"WA\"]")).await;
    let page = licensed.get("/request-consultation").await.html();
    let values: Vec<_> =
        all(&page, "input[name='location']").iter().filter_map(|one| one.attr("value")).collect();
    assert_eq!(values, ["OR", "WA", "elsewhere"]);
    assert!(all(&page, "select").is_empty());
    let page = refused(&licensed, &licensed.form().await).await;
    one(&page, "input#location[value='OR']");
}

#[tokio::test]
async fn a_practice_that_sees_everybody_does_not_ask_for_the_age() {
    let reception = reception::open_with(|folder| {
        let file = folder.join("practice.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        std::fs::write(&file, text.replace("adults_only = true", "adults_only = false")).expect("written");
    })
    .await;
    let mut form = reception.form().await;
    assert!(!form.has("Yes"));
    form.fill("Name", "Quill").choose("Therapy for myself").pick(STATE, "Ohio").choose("Text message");
    form.fill(PHONE, "+44 20 7946 0958").choose(UNDERSTOOD);
    reception.sent(&form).await;
}

#[tokio::test]
async fn insurance_is_asked_for_only_where_it_is_accepted() {
    let label = "Insurance plan (optional)";
    assert!(!reception::open().await.form().await.has(label));
    let reception = reception::open_with(|folder| {
        let file = folder.join("practice.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        std::fs::write(&file, text.replace("#accepts_insurance = false", "accepts_insurance = true"))
            .expect("written");
    })
    .await;
    let mut form = reception.filled().await;
    let page = refused(&reception, form.fill(label, &"p".repeat(81))).await;
    assert_eq!(
        summary(&page)[0],
        ("Insurance plan must be 80 characters or fewer".to_owned(), "insurance".to_owned())
    );
    reception.sent(form.fill(label, "Made-up Plan")).await;
    let stored = reception.stored().await;
    assert_eq!(reception.opened(&stored[0]).insurance.as_deref(), Some("Made-up Plan"));
}

#[tokio::test]
async fn only_the_times_that_the_practice_offers_can_be_ticked() {
    let reception = reception::open_with(|folder| {
        let file = folder.join("practice.toml");
        let text = std::fs::read_to_string(&file).expect("readable");
        let text = text.lines().filter(|line| *line != "[form]").collect::<Vec<_>>().join("\n");
        std::fs::write(&file, text).expect("written");
        add_tables(folder, "[form]\ntimes = [\"weekends\"]");
    })
    .await;
    let form = reception.form().await;
    assert!(form.has("Weekends") && !form.has("Weekday mornings"));
}

#[tokio::test]
async fn search_engines_may_list_the_empty_form_and_no_other_page_of_it() {
    let reception = reception::open().await;
    let answer = reception.get("/request-consultation").await;
    assert_eq!(answer.header("x-robots-tag"), "");
    let page = answer.html();
    assert!(all(&page, "meta[name=robots]").is_empty());
    let address = one(&page, "link[rel=canonical]").attr("href").expect("an address");
    assert!(address.ends_with("/request-consultation"), "{address}");
    let description = one(&page, "meta[name=description]").attr("content").expect("a description");
    assert!((50..=160).contains(&description.chars().count()), "{description}");

    let mut form = reception.filled().await;
    let shown_again = reception.press(form.fill("Name", ""), "Continue").await;
    assert_eq!(shown_again.header("x-robots-tag"), "noindex");
    one(&shown_again.html(), "meta[name=robots][content=noindex]");
}

#[tokio::test]
async fn the_empty_form_is_compressed() {
    let reception = reception::open().await;
    let answer = reception.get_in("/request-consultation", "gzip, br").await;
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), ("br", "accept-encoding"));
    assert!(answer.body.len() < 5_000, "{} bytes", answer.body.len());
}
