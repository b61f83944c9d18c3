//! The door of the console: who comes in, by which key, for whom they act; and the pages where people
//! look after their own keys and administrators after people. What is decided is decided in
//! `people`; here it meets cookies, forms and pages.

mod account;
mod acting;
pub mod cookie;
pub mod forged;
pub mod forwarded;
pub mod guard;
pub mod kept;
mod pages;
mod passkey;
mod settings;
mod setup;
mod sign_on;
mod signin;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::node::Node;

/// All routes of the door.
pub(crate) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route("/console/sign-in", get(signin::page).post(signin::begin))
        .route("/console/sign-in/second", get(signin::second_page).post(signin::second))
        .route("/console/sign-in/passkey", post(passkey::sign_in))
        .route("/console/sign-in/kept", post(signin::kept))
        .route("/console/sign-on", get(sign_on::begin))
        .route(sign_on::BACK, get(sign_on::back))
        .route(sign_on::LOGOUT, post(sign_on::left))
        .route("/console/sign-out", post(signin::sign_out))
        .route("/console/signed-out", get(signin::signed_out))
        .route("/console/link/{secret}", get(setup::link_page).post(setup::use_link))
        .route("/console/setup", get(setup::page))
        .route("/console/setup/password", post(setup::password))
        .route("/console/setup/authenticator", post(setup::authenticator))
        .route("/console/acting", get(acting::page).post(acting::choose))
        .route("/console/account", get(account::page))
        .route("/console/account/name", get(account::name_page).post(account::describe))
        .route("/console/account/password", get(account::password_page).post(account::password))
        .route(
            "/console/account/authenticator",
            get(account::authenticator_page).post(account::authenticator),
        )
        .route("/console/account/codes", get(account::codes_page).post(account::codes))
        .route("/console/account/passkeys", get(passkey::page).post(passkey::add))
        .route("/console/account/passkeys/remove", post(passkey::remove))
        .route("/console/account/sign-on", get(sign_on::page).post(sign_on::link))
        .route("/console/account/sign-on/remove", post(sign_on::remove))
        .route("/console/account/sessions", post(account::end_session))
        .route("/console/users", get(users::list).post(users::add))
        .route("/console/users/new/account", get(users::add_page))
        .route("/console/users/{id}", get(users::show).post(users::change))
        .route("/console/settings", get(settings::page).post(settings::set))
        .route("/console/settings/department", get(settings::department))
        .route("/console/settings/remove", post(settings::remove))
}
