//! The account's routes: which it is, which of two, what is linked to it.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Serialize;

use super::account_pages::{AccountPage, ChoicePage, account_page, choice_page};
use super::answer::Answer;
use super::fields::Fields;
use super::login::Asked;
use super::request::Incoming;
use crate::account::Notice;
use crate::error::{Code, Error, Result};
use crate::portal::{Citizen, CitizenLink, Inner, Landing, Proofs};
use crate::secret::Secret;

/// An account's route.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    /// `/account`
    Itself,
    /// `/account/new`
    New,
    /// `/account/link`
    Password,
    /// `/account/link/{provider}`
    Link(&'a str),
    /// `/account/link/{provider}/remove`, for forms, which know no `DELETE`.
    Remove(&'a str),
    /// `/account/notices`
    Notices,
    /// `/account/notices/remove`
    RemoveNotices,
}

impl<'a> Route<'a> {
    /// The route at this path below the prefix.
    pub(super) fn find(rest: &'a str) -> Option<Self> {
        let mut segments = rest.strip_prefix("/account")?.split('/');
        let path = (segments.next()?, segments.next(), segments.next(), segments.next(), segments.next());
        match path {
            ("", None, ..) => Some(Self::Itself),
            ("", Some("new"), None, ..) => Some(Self::New),
            ("", Some("link"), None, ..) => Some(Self::Password),
            ("", Some("link"), Some(provider), None, _) if !provider.is_empty() => Some(Self::Link(provider)),
            ("", Some("link"), Some(provider), Some("remove"), None) if !provider.is_empty() => {
                Some(Self::Remove(provider))
            }
            ("", Some("notices"), None, ..) => Some(Self::Notices),
            ("", Some("notices"), Some("remove"), None, _) => Some(Self::RemoveNotices),
            _ => None,
        }
    }

    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Itself => "GET, HEAD",
            Self::New | Self::Password | Self::Remove(_) | Self::RemoveNotices => "POST",
            Self::Link(_) => "POST, DELETE",
            Self::Notices => "DELETE",
        }
    }
}

/// `GET /auth/account` (contract.md §1).
#[derive(Serialize)]
struct AccountAnswer {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    links: Vec<CitizenLink>,
    /// How the account may be proved: `password`, or a provider's name. Only while there is a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    proofs: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Notice>,
}

#[derive(Serialize)]
struct Landed<'a> {
    return_to: &'a str,
}

impl Inner {
    pub(super) async fn serve_account(
        &self,
        incoming: &Incoming<'_>,
        body: &Bytes,
        route: Route<'_>,
    ) -> Result<Answer> {
        let posts = incoming.parts.method == Method::POST;
        let fields = if posts { Fields::read(incoming.parts, body)? } else { Fields::default() };
        match route {
            Route::Itself => self.which_account(incoming).await,
            Route::New => {
                let landing =
                    self.open_account(&chooser(incoming)?, session(incoming).as_ref(), &incoming.client).await;
                self.landing_of(incoming, landing, StatusCode::CREATED).await
            }
            Route::Password => self.prove_by_password(incoming, &fields).await,
            Route::Link(provider) if posts => self.prove_by_login(incoming, provider).await,
            Route::Link(provider) | Route::Remove(provider) => self.remove_link(incoming, provider, &fields).await,
            Route::Notices | Route::RemoveNotices => {
                let Some(citizen) = self.citizen_of(incoming).await? else {
                    return Ok(self.log_in_first(incoming, None));
                };
                self.forget_notices(&citizen).await?;
                self.removed(incoming, &fields)
            }
        }
    }

    async fn which_account(&self, incoming: &Incoming<'_>) -> Result<Answer> {
        // Who has come last counts: a choice that is open is what this browser's login waits for.
        if let Some(secret) = incoming.cookies.pending()
            && let Some(pending) = self.pending(&secret).await?
        {
            let proofs = self.proofs(&pending).await?;
            if incoming.page {
                return Ok(self.show_choice(incoming, &proofs, None));
            }
            let password = proofs.password.then(|| "password".to_owned());
            let answer = AccountAnswer {
                status: if proofs.known { "choice" } else { "new" },
                username: None,
                links: vec![],
                proofs: Some(password.into_iter().chain(proofs.providers).collect()),
                notices: vec![],
            };
            return Ok(Answer::json(StatusCode::OK, &answer));
        }
        let Some(citizen) = self.citizen_of(incoming).await? else {
            return Ok(self.log_in_first(incoming, Some(&format!("{}/account", self.site.prefix))));
        };
        if incoming.page {
            return self.show_account(incoming, &citizen, None).await;
        }
        let account = self.account_of(&citizen).await?;
        let answer = AccountAnswer {
            status: "linked",
            username: account.username,
            links: account.links,
            proofs: None,
            notices: account.notices,
        };
        Ok(Answer::json(StatusCode::OK, &answer))
    }

    async fn prove_by_password(&self, incoming: &Incoming<'_>, fields: &Fields) -> Result<Answer> {
        let secret = chooser(incoming)?;
        let (username, password) = (fields.needed("username"), fields.needed("password"));
        let landing = match (username, password) {
            (Ok(username), Ok(password)) => {
                let (old, bucket) = (session(incoming), incoming.bucket());
                let password = Secret::from(password);
                self.link_by_password(&secret, &username, &password, old.as_ref(), &bucket, &incoming.client).await
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        self.landing_of(incoming, landing, StatusCode::OK).await
    }

    async fn prove_by_login(&self, incoming: &Incoming<'_>, provider: &str) -> Result<Answer> {
        let secret = chooser(incoming)?;
        let proofs = self.proofs(&self.pending_of(&secret).await?).await?;
        if !proofs.providers.iter().any(|name| name == provider) {
            self.provider(provider)?;
            return Err(Error::new(Code::AccountNotProved, "the account is not linked to this provider"));
        }
        // A fresh one: at a shared computer the provider may still know whoever came before.
        let asked = Asked { return_to: Some(format!("{}/account", self.site.prefix)), level: None, fresh: true };
        self.start_for(incoming, provider, asked, Some(&secret)).await
    }

    /// Where a choice leads; or the page again, with what is wrong.
    async fn landing_of(
        &self,
        incoming: &Incoming<'_>,
        landing: Result<Landing>,
        status: StatusCode,
    ) -> Result<Answer> {
        match landing {
            Ok(landing) => {
                let (onward, cookies) = self.landed(incoming, &landing).await;
                let answer = if incoming.page {
                    Answer::see_other(&onward)
                } else {
                    Answer::json(status, &Landed { return_to: &onward })
                };
                Ok(answer.cookies(cookies))
            }
            Err(error) if incoming.page && may_try_again(error.code()) => {
                let proofs = self.proofs(&self.pending_of(&chooser(incoming)?).await?).await?;
                Ok(self.show_choice(incoming, &proofs, Some(&error)))
            }
            Err(error) => Err(error),
        }
    }

    async fn remove_link(&self, incoming: &Incoming<'_>, provider: &str, fields: &Fields) -> Result<Answer> {
        let Some(citizen) = self.citizen_of(incoming).await? else {
            return Ok(self.log_in_first(incoming, None));
        };
        match self.unlink(&citizen, provider, &incoming.client).await {
            Ok(ended) => {
                // The session that came this way ended with the link.
                let dead = ended.then(|| self.site.cookies.expire_session());
                Ok(self.removed(incoming, fields)?.cookies(dead))
            }
            Err(error) if incoming.page && error.code() == Code::StepUpRequired => {
                let page = format!("{}/account", self.site.prefix);
                Ok(Answer::see_other(&self.prove_again(&citizen, Some(&page)).await?))
            }
            Err(error) if incoming.page && error.code() == Code::LastLoginMethod => {
                self.show_account(incoming, &citizen, Some(&error)).await
            }
            Err(error) => Err(error),
        }
    }

    fn removed(&self, incoming: &Incoming<'_>, fields: &Fields) -> Result<Answer> {
        let return_to = fields.text("return_to")?.and_then(|path| self.fit(&path));
        let onward = return_to.unwrap_or_else(|| format!("{}/account", self.site.prefix));
        Ok(if incoming.page { Answer::see_other(&onward) } else { Answer::empty(StatusCode::NO_CONTENT) })
    }

    fn show_choice(&self, incoming: &Incoming<'_>, proofs: &Proofs, error: Option<&Error>) -> Answer {
        let label = |name: &str| {
            let label = self.known_provider(name).map(|known| known.config().button(incoming.language));
            label.unwrap_or_default().to_owned()
        };
        let named = |name: &String| (name.clone(), label(name));
        let (provider, name, subject) = &proofs.person;
        let page = choice_page(&ChoicePage {
            language: incoming.language,
            prefix: &self.site.prefix,
            came: (&label(provider), name.as_deref().unwrap_or_default(), subject),
            known: proofs.known,
            password: proofs.password,
            providers: &proofs.providers.iter().map(named).collect::<Vec<_>>(),
            new: proofs.new,
            problem: error.map(|error| error.code().text(incoming.language).1),
        });
        self.paged(incoming, page, error)
    }

    async fn show_account(&self, incoming: &Incoming<'_>, citizen: &Citizen, error: Option<&Error>) -> Result<Answer> {
        let account = self.account_of(citizen).await?;
        let page = account_page(&AccountPage {
            language: incoming.language,
            prefix: &self.site.prefix,
            account: &account,
            problem: error.map(|error| error.code().text(incoming.language).1),
            home: &self.site.default_page,
        });
        Ok(self.paged(incoming, page, error))
    }

    /// A page, or the page again with what is wrong.
    pub(super) fn paged(
        &self,
        incoming: &Incoming<'_>,
        page: super::otp_pages::Written,
        error: Option<&Error>,
    ) -> Answer {
        match error {
            Some(error) => Answer::page_again(self, incoming, error, page),
            None => Answer::page(self, incoming, StatusCode::OK, page.0, &page.1.into_string()),
        }
    }
}

/// The secret of who chooses in this browser.
fn chooser(incoming: &Incoming<'_>) -> Result<Secret> {
    let nobody = || Error::new(Code::NotLoggedIn, "nobody chooses an account in this browser");
    incoming.cookies.pending().ok_or_else(nobody)
}

fn session(incoming: &Incoming<'_>) -> Option<Secret> {
    incoming.cookies.session()
}

/// What the page can say beside its form.
fn may_try_again(code: Code) -> bool {
    matches!(code, Code::FieldInvalid | Code::AccountNotProved | Code::TooManyRequests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_paths_are_an_account_s() {
        let methods = |path| Route::find(path).map(Route::methods);
        assert_eq!(methods("/account"), Some("GET, HEAD"));
        assert_eq!(methods("/account/new"), Some("POST"));
        assert_eq!(methods("/account/link"), Some("POST"));
        assert_eq!(methods("/account/link/dvcqg"), Some("POST, DELETE"));
        assert_eq!(methods("/account/link/dvcqg/remove"), Some("POST"));
        assert_eq!(methods("/account/notices/remove"), Some("POST"));
        for path in ["/account/", "/accounts", "/account/link/", "/account/link/a/", "/account/link/a/b", "/account/x"]
        {
            assert_eq!(methods(path), None, "{path}");
        }
    }
}
