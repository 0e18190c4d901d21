//! Fills in a form of a page as it was rendered, and presses one of its buttons.

use scraper::{ElementRef, Html, Selector};

use crate::office::Browser;
use crate::visit::{Answer, one};

pub struct Form {
    fields: Vec<(String, String)>,
    buttons: Vec<Button>,
}

struct Button {
    /// Where it sends the form.
    action: String,
    name: String,
    value: String,
}

impl Form {
    /// The one form that a CSS selector finds, with everything that stands in it.
    pub fn on(page: &Html, selector: &str) -> Self {
        let form = one(page, selector);
        let attribute = |element: ElementRef, name| element.attr(name).unwrap_or_default().to_owned();
        let all = |selector| {
            let selector = Selector::parse(selector).expect("a selector");
            form.select(&selector).collect::<Vec<_>>()
        };
        let mut fields = Vec::new();
        for input in all("input") {
            fields.push((attribute(input, "name"), attribute(input, "value")));
        }
        for area in all("textarea") {
            let text: String = area.text().collect();
            fields.push((attribute(area, "name"), text.trim_start_matches('\n').to_owned()));
        }
        for select in all("select") {
            let chosen = Selector::parse("option[selected]").expect("a selector");
            let value = select.select(&chosen).next().map(|option| attribute(option, "value"));
            fields.push((attribute(select, "name"), value.unwrap_or_default()));
        }
        // Some stand elsewhere on the page.
        let elsewhere = format!("button[form='{}']", form.attr("id").unwrap_or_default());
        let elsewhere = Selector::parse(&elsewhere).expect("a selector");
        let buttons = all("button").into_iter().chain(page.select(&elsewhere)).map(|button| Button {
            action: button.attr("formaction").unwrap_or(&attribute(form, "action")).to_owned(),
            name: attribute(button, "name"),
            value: attribute(button, "value"),
        });
        let buttons = buttons.collect();
        Self { fields, buttons }
    }

    /// The one form with buttons that send it to this address, and those of its buttons.
    pub fn to(page: &Html, action: &str) -> Self {
        let elsewhere = Selector::parse(&format!("[form][formaction='{action}']")).expect("a selector");
        let selector = match page.select(&elsewhere).next().and_then(|button| button.attr("form")) {
            Some(id) => format!("form#{id}"),
            None => format!("form[action='{action}'], form:has([formaction='{action}'])"),
        };
        let mut form = Self::on(page, &selector);
        form.buttons.retain(|button| button.action == action);
        form
    }

    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no field {name}"))
    }

    /// Types into a field that has to be there.
    pub fn fill(mut self, name: &str, typed: &str) -> Self {
        let found = self.fields.iter_mut().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no field {name}")).1 = typed.to_owned();
        self
    }

    /// The values of the buttons.
    pub fn offers(&self) -> Vec<&str> {
        self.buttons.iter().map(|button| button.value.as_str()).collect()
    }

    /// Presses the button with this value; blank for one without.
    pub async fn press(&self, browser: &Browser<'_>, value: &str) -> Answer {
        let button = self.buttons.iter().find(|button| button.value == value);
        let Button { action, name, value } = button.unwrap_or_else(|| panic!("no button {value}"));
        let mut fields: Vec<_> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if !name.is_empty() {
            fields.push((name, value));
        }
        browser.post(action, &fields).await
    }

    /// Presses a button and follows where it leads.
    pub async fn go(&self, browser: &Browser<'_>, value: &str) -> Html {
        let answer = self.press(browser, value).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        browser.page(answer.header("location")).await
    }
}
