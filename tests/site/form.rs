//! A form as it is rendered: filled in by its labels, and sent as a browser would send it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use scraper::{ElementRef, Html, Selector};

use crate::visit::{all, words};

/// One form of a page.
#[derive(Debug, Clone)]
pub struct Form {
    controls: Vec<Control>,
    buttons: Vec<Button>,
}

#[derive(Debug, Clone)]
struct Control {
    kind: String,
    name: String,
    value: String,
    /// Of radios and checkboxes.
    chosen: bool,
    label: String,
    /// Of a select: value and words.
    options: Vec<(String, String)>,
}

/// A way to send the form.
#[derive(Debug, Clone)]
pub struct Button {
    pub words: String,
    pub action: String,
    pair: Option<(String, String)>,
}

/// What goes over the wire.
pub struct Post {
    /// With its fragment, which a browser keeps to itself.
    pub action: String,
    pub body: String,
}

impl Form {
    /// The form that holds a button with these words.
    pub fn with_button(page: &Html, button: &str) -> Self {
        let forms = all(page, "form").into_iter().map(|form| Self::read(page, form));
        let mut found: Vec<_> =
            forms.filter(|form| form.buttons.iter().any(|one| one.words == button)).collect();
        assert_eq!(found.len(), 1, "forms with the button {button}");
        found.remove(0)
    }

    fn read(page: &Html, form: ElementRef) -> Self {
        assert_eq!(form.attr("method"), Some("post"));
        let action = form.attr("action").expect("an action").to_owned();
        let select = |css: &str| Selector::parse(css).expect("a selector");
        let controls =
            form.select(&select("input, textarea, select")).map(|one| control(page, one)).collect();
        let buttons = form.select(&select("button")).map(|one| button(one, &action)).collect();
        Self { controls, buttons }
    }

    /// Types into the control with this label.
    pub fn fill(&mut self, label: &str, text: &str) -> &mut Self {
        let control = self.labelled(label);
        assert!(!matches!(control.kind.as_str(), "radio" | "checkbox"), "{label} is nothing to type in");
        control.value = text.to_owned();
        self
    }

    /// Picks an option of the select with this label.
    pub fn pick(&mut self, label: &str, option: &str) -> &mut Self {
        let control = self.labelled(label);
        let found = control.options.iter().find(|(_, words)| words == option);
        control.value = found.unwrap_or_else(|| panic!("{label} has no {option}")).0.clone();
        self
    }

    /// Ticks a box or chooses a radio, which lets go of the others of its question.
    pub fn choose(&mut self, label: &str) -> &mut Self {
        let chosen = self.labelled(label).clone();
        let value = chosen.value;
        for control in self.controls.iter_mut().filter(|one| one.name == chosen.name) {
            if control.kind == "radio" || control.value == value {
                control.chosen = control.value == value;
            }
        }
        self
    }

    pub fn untick(&mut self, label: &str) -> &mut Self {
        self.labelled(label).chosen = false;
        self
    }

    /// What a hidden field holds, as somebody who tampers would set it.
    pub fn tamper(&mut self, name: &str, value: &str) -> &mut Self {
        let found = self.controls.iter_mut().find(|control| control.name == name);
        found.unwrap_or_else(|| panic!("no field {name}")).value = value.to_owned();
        self
    }

    /// The first value under a name, as it would be sent.
    pub fn value(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    pub fn has(&self, label: &str) -> bool {
        self.controls.iter().any(|control| control.label == label)
    }

    pub fn buttons(&self) -> &[Button] {
        &self.buttons
    }

    /// Every field that a browser would send, but for the button's.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let sent = self.controls.iter().filter(|one| {
            !one.name.is_empty() && (one.chosen || !matches!(one.kind.as_str(), "radio" | "checkbox"))
        });
        sent.map(|one| (one.name.clone(), one.value.clone())).collect()
    }

    /// The answers alone, for comparing two forms.
    pub fn answers(&self) -> Vec<(String, String)> {
        let mut pairs = self.pairs();
        pairs.retain(|(name, value)| name != "token" && !value.is_empty());
        pairs.sort();
        pairs
    }

    /// Presses a button.
    pub fn press(&self, words: &str) -> Post {
        let button = self.buttons.iter().find(|button| button.words == words);
        let button = button.unwrap_or_else(|| panic!("no button {words}: {:?}", self.buttons));
        let pairs = self.pairs().into_iter().chain(button.pair.clone());
        let encoded: Vec<_> =
            pairs.map(|(name, value)| format!("{}={}", encode(&name), encode(&value))).collect();
        Post { action: button.action.clone(), body: encoded.join("&") }
    }

    fn labelled(&mut self, label: &str) -> &mut Control {
        let known: Vec<_> = self.controls.iter().map(|control| control.label.clone()).collect();
        let found = self.controls.iter_mut().find(|control| control.label == label);
        found.unwrap_or_else(|| panic!("no label \"{label}\" among {known:?}"))
    }
}

/// As browsers do it, with line breaks as CR LF.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(&text.replace('\n', "\r\n"), NON_ALPHANUMERIC).to_string()
}

fn control(page: &Html, element: ElementRef) -> Control {
    let attr = |name: &str| element.attr(name).unwrap_or_default().to_owned();
    let name = element.value().name();
    let kind = if name == "input" { attr("type") } else { name.to_owned() };
    let label = match element.attr("id") {
        Some(id) => all(page, &format!("label[for='{id}']")).first().map(|label| words(*label)),
        None => None,
    };
    let options = options(element);
    let value = match name {
        "textarea" => element.text().collect(),
        "select" => selected(element),
        _ => attr("value"),
    };
    let chosen = element.attr("checked").is_some();
    Control { kind, name: attr("name"), value, chosen, label: label.unwrap_or_default(), options }
}

fn options(element: ElementRef) -> Vec<(String, String)> {
    let options = element.select(&Selector::parse("option").expect("a selector")).collect::<Vec<_>>();
    options.into_iter().map(|one| (one.attr("value").unwrap_or_default().to_owned(), words(one))).collect()
}

fn selected(element: ElementRef) -> String {
    let selected = element.select(&Selector::parse("option[selected]").expect("a selector")).next();
    selected.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
}

fn button(element: ElementRef, action: &str) -> Button {
    let attr = |name: &str| element.attr(name).map(ToOwned::to_owned);
    let pair = attr("name").map(|name| (name, attr("value").unwrap_or_default()));
    Button { words: words(element), action: attr("formaction").unwrap_or_else(|| action.to_owned()), pair }
}
