//! `cargo run -p vneid-model`: walks every machine and prints how many states there are.

use vneid_auth::flow::resolution::NewAccounts;
use vneid_model::accounts::AccountsModel;
use vneid_model::device_pairing::DevicePairingModel;
use vneid_model::otp::OtpModel;
use vneid_model::pairing::PairingModel;
use vneid_model::walk;

fn main() {
    walk("pairing, renewed by time", PairingModel::new(true, true)).hold();
    walk("pairing, renewed on request", PairingModel::new(false, true)).hold();
    walk("device pairing", DevicePairingModel::new(true)).hold();
    walk("accounts, opened at once", AccountsModel::new(NewAccounts::AtOnce, true)).hold();
    walk("accounts, opened on request", AccountsModel::new(NewAccounts::OnRequest, true)).hold();
    walk("one-time codes", OtpModel::new(true)).hold();
}
