//! Wires `refresh-token`.

use platform::cloud::Cloud;
use platform::dynamo::AccountTable;
use platform::entry::{self, schedule};
use platform::gateway::{http_client, zalo::ZaloLogin};
use refresh_token::{Order, Settings, refresh};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let accounts = &AccountTable::new(Cloud::open()?.tables(), settings.accounts_table);
    let login = &ZaloLogin {
        http: http_client(settings.timeout)?,
        url: settings.zalo_login_url,
        app_id: settings.zalo_app_id,
        secret_key: settings.zalo_app_secret,
    };
    schedule::run(async |order: Order, now| refresh(order, accounts, login, now).await).await
}
