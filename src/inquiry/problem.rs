//! What keeps a form from being sent on. The words for each stand in `templates/consultation/`.

/// A question of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    LookingFor,
    Location,
    Adult,
    By,
    Phone,
    Voicemail,
    Email,
    Times,
    Note,
    Insurance,
    Understood,
}

impl Field {
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::LookingFor,
        Self::Location,
        Self::Adult,
        Self::By,
        Self::Phone,
        Self::Voicemail,
        Self::Email,
        Self::Times,
        Self::Note,
        Self::Insurance,
        Self::Understood,
    ];

    /// The name of the field in a post.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LookingFor => "looking_for",
            Self::Location => "location",
            Self::Adult => "adult",
            Self::By => "by",
            Self::Phone => "phone",
            Self::Voicemail => "voicemail",
            Self::Email => "email",
            Self::Times => "times",
            Self::Note => "note",
            Self::Insurance => "insurance",
            Self::Understood => "understood",
        }
    }

    /// The id of its control on the page; of the first one, where it has several.
    pub fn id(self) -> &'static str {
        match self {
            Self::Name => "full-name",
            Self::LookingFor => "looking-for",
            other => other.name(),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// One thing that needs the person's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    NameMissing,
    NameTooLong,
    LookingForMissing,
    LocationMissing,
    AdultMissing,
    ByMissing,
    PhoneMissing,
    PhoneUnreadable,
    VoicemailMissing,
    EmailMissing,
    EmailUnreadable,
    EmailTooLong,
    /// With the number of letters that the note has now, as people see them.
    NoteTooLong(usize),
    /// Few letters as people see them, but made of so many marks that they take too much room.
    NoteTooHeavy,
    InsuranceTooLong,
    UnderstoodMissing,
    /// Some letters of this answer were lost on the way.
    Damaged(Field),
    /// This answer held control characters, which have been taken out.
    Control(Field),
}

impl Problem {
    /// The question that it is about.
    pub fn field(self) -> Field {
        match self {
            Self::NameMissing | Self::NameTooLong => Field::Name,
            Self::LookingForMissing => Field::LookingFor,
            Self::LocationMissing => Field::Location,
            Self::AdultMissing => Field::Adult,
            Self::ByMissing => Field::By,
            Self::PhoneMissing | Self::PhoneUnreadable => Field::Phone,
            Self::VoicemailMissing => Field::Voicemail,
            Self::EmailMissing | Self::EmailUnreadable | Self::EmailTooLong => Field::Email,
            Self::NoteTooLong(_) | Self::NoteTooHeavy => Field::Note,
            Self::InsuranceTooLong => Field::Insurance,
            Self::UnderstoodMissing => Field::Understood,
            Self::Damaged(field) | Self::Control(field) => field,
        }
    }

    /// A count of letters with a comma after the thousands, where it has one.
    pub fn count_in_words(self) -> String {
        match self {
            Self::NoteTooLong(letters) if letters >= 1_000 => {
                format!("{},{:03}", letters / 1_000, letters % 1_000)
            }
            Self::NoteTooLong(letters) => letters.to_string(),
            _ => String::new(),
        }
    }
}
