//! Where an inquiry stands, and what may follow. The table is in one place here; nothing else decides it.

/// Where an inquiry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    New,
    Contacted,
    CallBooked,
    Waitlist,
    BecameClient,
    ReferredOut,
    Closed,
    Spam,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Contacted,
        Self::CallBooked,
        Self::Waitlist,
        Self::BecameClient,
        Self::ReferredOut,
        Self::Closed,
        Self::Spam,
    ];

    /// The word in the database and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::CallBooked => "call-booked",
            Self::Waitlist => "waitlist",
            Self::BecameClient => "became-client",
            Self::ReferredOut => "referred-out",
            Self::Closed => "closed",
            Self::Spam => "spam",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// What may follow; buttons show only these. Taking back the last change is not among them.
    pub fn next(self) -> &'static [Self] {
        use Status::*;
        match self {
            New => &[Contacted, CallBooked, Waitlist, ReferredOut, Closed, Spam],
            Contacted => &[CallBooked, Waitlist, ReferredOut, Closed, BecameClient],
            CallBooked => &[BecameClient, Waitlist, ReferredOut, Closed, Contacted],
            Waitlist => &[Contacted, CallBooked, ReferredOut, Closed],
            BecameClient | ReferredOut | Closed | Spam => &[New, Contacted],
        }
    }

    pub fn may_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    /// Whether somebody is still waited for, or waits.
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Contacted | Self::CallBooked | Self::Waitlist)
    }

    /// Whether somebody of the practice has spoken or written to the person when it stands so.
    pub fn means_contact(self) -> bool {
        matches!(self, Self::Contacted | Self::CallBooked | Self::BecameClient)
    }
}

/// Why an inquiry was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    NoReply,
    ChoseSomeoneElse,
    NotAFit,
    OutsideStates,
    AskedToStop,
    Duplicate,
}

impl CloseReason {
    pub const ALL: [Self; 6] = [
        Self::NoReply,
        Self::ChoseSomeoneElse,
        Self::NotAFit,
        Self::OutsideStates,
        Self::AskedToStop,
        Self::Duplicate,
    ];

    /// The word in the database and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoReply => "no-reply",
            Self::ChoseSomeoneElse => "chose-someone-else",
            Self::NotAFit => "not-a-fit",
            Self::OutsideStates => "outside-states",
            Self::AskedToStop => "asked-to-stop",
            Self::Duplicate => "duplicate",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::named(status.name()), Some(status));
        }
        for reason in CloseReason::ALL {
            assert_eq!(CloseReason::named(reason.name()), Some(reason));
        }
        assert_eq!(Status::named("New"), None);
    }

    #[test]
    fn nothing_follows_itself_and_everything_that_ended_can_be_opened_again() {
        for status in Status::ALL {
            assert!(!status.may_become(status), "{status:?}");
            if !status.is_open() {
                assert_eq!(status.next(), [Status::New, Status::Contacted], "{status:?}");
            }
        }
    }

    #[test]
    fn only_what_is_new_can_be_spam_and_nobody_becomes_a_client_unspoken_to() {
        for status in Status::ALL {
            assert_eq!(status.may_become(Status::Spam), status == Status::New, "{status:?}");
            let spoken = matches!(status, Status::Contacted | Status::CallBooked);
            assert_eq!(status.may_become(Status::BecameClient), spoken, "{status:?}");
        }
    }
}
