//! The command line: a handful of flags, every unknown one refused.

use std::net::SocketAddr;
use std::path::PathBuf;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
vneid-mock-idp: a mock identity provider that plays VNeID and DVCQG, for tests and development

  --listen ADDRESS       where to listen (default 127.0.0.1:9000, or MOCK_IDP_LISTEN)
  --issuer-base URL      the public address when it differs, e.g. https://localhost:8443
  --client ID:SECRET:REDIRECT_URI
                         registers a client (repeatable); portal-demo is always there
  --client-key ID:PEM_FILE
                         what /vneid-sealed seals to for a client (repeatable): an RSA key,
                         public or private; portal-demo has a published one, GET /demo-key.pem
  --auto-login CITIZEN   answers every authorization request at once as this citizen
  --control              serves /control/... to programs on this machine
  --public               allows an address that is not loopback, switches control off
  --config FILE          reads settings from a JSON file; flags come on top
  --check                checks the settings and exits
  --print-client         prints the environment for a portal and exits
  --help                 prints this
";

/// The command line, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) issuer_base: Option<String>,
    pub(crate) clients: Vec<ClientArg>,
    pub(crate) client_keys: Vec<(String, PathBuf)>,
    pub(crate) auto_login: Option<String>,
    pub(crate) control: bool,
    pub(crate) public: bool,
    pub(crate) config: Option<PathBuf>,
    pub(crate) check: bool,
    pub(crate) print_client: bool,
    pub(crate) help: bool,
}

/// `--client`, split at its first two colons: a redirect URI has colons of its own.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ClientArg {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
}

impl std::fmt::Debug for ClientArg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientArg({}, ****, {})", self.id, self.redirect_uri)
    }
}

/// Reads the arguments after the program's name.
///
/// # Errors
/// A sentence that names the argument and what is wrong with it.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Args, String> {
    let mut read = Args::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let (flag, inline) = match arg.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
            _ => (arg, None),
        };
        let has_inline = inline.is_some();
        let mut value = || inline.clone().or_else(|| args.next()).ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--listen" => read.listen = Some(address(&flag, &value()?)?),
            "--issuer-base" => read.issuer_base = Some(value()?),
            "--client" => read.clients.push(client(&value()?)?),
            "--client-key" => read.client_keys.push(client_key(&value()?)?),
            "--auto-login" => read.auto_login = Some(value()?),
            "--config" => read.config = Some(value()?.into()),
            _ if has_inline => return Err(format!("{flag} is unknown or takes no value; see --help")),
            "--control" => read.control = true,
            "--public" => read.public = true,
            "--check" => read.check = true,
            "--print-client" => read.print_client = true,
            "--help" | "-h" => read.help = true,
            _ => return Err(format!("unknown argument {flag}; see --help")),
        }
    }
    Ok(read)
}

/// An address and a port; where it came from goes into the message.
///
/// # Errors
/// When the text is no address with a port.
pub(crate) fn address(from: &str, text: &str) -> Result<SocketAddr, String> {
    let localhost = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let parsed = localhost.as_deref().unwrap_or(text).parse();
    parsed.map_err(|_| format!("{from}: `{text}` is no address with a port, such as 127.0.0.1:9000"))
}

fn client(text: &str) -> Result<ClientArg, String> {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(id), Some(secret), Some(redirect_uri)) if !id.is_empty() && url::Url::parse(&redirect_uri).is_ok() => {
            Ok(ClientArg { id, secret, redirect_uri })
        }
        // The text holds a secret, so the message does not repeat it.
        _ => Err("--client needs ID:SECRET:REDIRECT_URI, with an absolute redirect URI".to_owned()),
    }
}

/// `--client-key`, split at its first colon.
fn client_key(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once(':') {
        Some((id, file)) if !id.is_empty() && !file.is_empty() => Ok((id.to_owned(), file.into())),
        _ => Err("--client-key needs ID:PEM_FILE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Args, String> {
        parse(args.iter().map(|&arg| arg.to_owned()))
    }

    #[test]
    fn splits_a_client_at_its_first_two_colons() {
        let args = read(&["--client", "portal:s3cret:https://portal.example:8443/cb", "--listen=localhost:0"]).unwrap();
        assert_eq!(args.clients[0].redirect_uri, "https://portal.example:8443/cb");
        assert_eq!(args.clients[0].secret, "s3cret");
        assert_eq!(args.listen.unwrap().to_string(), "127.0.0.1:0");
        assert!(!format!("{args:?}").contains("s3cret"));
    }

    #[test]
    fn d100_refuses_what_it_does_not_know() {
        for bad in [
            &["--lisen", "127.0.0.1:1"][..],
            &["--listen"],
            &["--listen", "9000"],
            &["--client", "only:two"],
            &["--client-key", "portal"],
            &["--control=yes"],
            &["stray"],
        ] {
            let message = read(bad).unwrap_err();
            assert!(message.contains(bad[0].split('=').next().unwrap()), "{message}");
        }
    }
}
