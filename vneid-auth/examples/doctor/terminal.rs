//! Prints findings, and asks for the address that a browser came back to.

use std::io::{self, Write as _};

use async_trait::async_trait;
use url::Url;
use vneid_auth::error::Language;
use vneid_auth::provider::doctor::{Finding, Purpose, Severity, Visitor};
use vneid_auth::secret::Secret;

pub(crate) struct Terminal {
    pub(crate) language: Language,
}

impl Terminal {
    pub(crate) fn print(&self, finding: &Finding) {
        let mark = match finding.severity() {
            Severity::Good => '✓',
            Severity::Note => '!',
            Severity::Problem => '✗',
        };
        println!("{mark} {}", finding.text(self.language));
        if let Some(advice) = finding.advice(self.language) {
            println!("  → {advice}");
        }
    }

    fn invitation(&self, purpose: Purpose) -> &'static str {
        match (purpose, self.language) {
            (Purpose::WrongVerifier, Language::Vietnamese) => {
                "Lần đăng nhập thứ nhất: mã sẽ được dùng với một verifier cố ý sai, để xem PKCE có được kiểm tra không."
            }
            (Purpose::WrongVerifier, Language::English) => {
                "The first login: its code is spent with a wrong verifier on purpose, to see whether PKCE is checked."
            }
            (Purpose::Login, Language::Vietnamese) => "Lần đăng nhập này được thực hiện đến cùng.",
            (Purpose::Login, Language::English) => "This login is finished.",
        }
    }
}

#[async_trait]
impl Visitor for Terminal {
    async fn visit(&mut self, address: &Url, purpose: Purpose) -> Option<Secret> {
        let how = match self.language {
            Language::Vietnamese => {
                "Mở địa chỉ dưới đây trong trình duyệt và đăng nhập. Trình duyệt sẽ quay về redirect URI (trang có thể không mở \
                 được, không sao). Chép cả địa chỉ đó vào đây ngay, vì mã chỉ sống vài giây; để trống để bỏ qua."
            }
            Language::English => {
                "Open the address below in a browser and log in. The browser comes back to the redirect URI (the page may not \
                 open, which does not matter). Paste that whole address here at once, since codes live for seconds; an empty \
                 line skips."
            }
        };
        println!("\n{} {how}\n\n{address}\n", self.invitation(purpose));
        print!("> ");
        let _ = io::stdout().flush();
        let mut line = String::new();
        // Nothing else runs meanwhile.
        let read = io::stdin().read_line(&mut line).ok()?;
        let pasted = line.trim();
        (read > 0 && !pasted.is_empty()).then(|| Secret::from(pasted))
    }

    fn found(&mut self, finding: &Finding) {
        self.print(finding);
    }
}
