//! Users: the people who may use the console for the participant, and in which role.

use axum::Json;
use axum::http::StatusCode;
use corridor_base::{ErrorCode, Lang, Problem, Result, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::extract::{self, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::{Caller, Role};
use crate::people::{Account, AccountName, By, DepartmentId, Gift, Grant, Identity, NewAccount, Session};

/// A person's account.
#[derive(Serialize, ToSchema)]
pub struct User {
    /// The name to sign in with.
    #[schema(value_type = schema::AccountNameText)]
    pub name: String,
    /// Its identifier, as acts name it.
    pub id: String,
    /// The person's name.
    pub display: String,
    /// The language of its pages.
    #[schema(value_type = LanguageWord)]
    pub language: Lang,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// When it was disabled, if it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub disabled: Option<Timestamp>,
    /// When the person last signed in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub signed_in: Option<Timestamp>,
    /// What the account has to sign in with: `password`, `authenticator`, `passkey`, `sign-on`.
    pub factors: Vec<&'static str>,
    /// What it may do for the participant.
    pub grants: Vec<AccountGrantBody>,
}

/// What an account may do for the participant.
#[derive(Serialize, ToSchema)]
pub struct AccountGrantBody {
    /// Its identifier.
    pub id: String,
    /// In which role.
    pub role: Role,
    /// For which department; absent is the whole participant.
    pub department: Option<String>,
    /// Whether single sign-on gave it.
    pub by_sign_on: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub given: Timestamp,
}

/// A language.
#[derive(ToSchema)]
#[schema(as = Language, rename_all = "lowercase")]
#[allow(dead_code, reason = "only its description is used")]
pub enum LanguageWord {
    /// English.
    En,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
}

/// The users that the participant's administrators may see.
#[derive(Serialize, ToSchema)]
pub struct UserList {
    /// The users, by name.
    pub items: Vec<User>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserOrder {
    /// The name to sign in with.
    #[schema(value_type = schema::AccountNameText)]
    name: String,
    /// The person's name.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    display: String,
    /// The language of its pages; that of the node when left out.
    #[schema(value_type = Option<LanguageWord>)]
    language: Option<Lang>,
}

/// A role to be given or taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantOrder {
    /// The role.
    role: Role,
    /// For which department alone, of officers; left out, for the whole participant.
    #[schema(max_length = 40, pattern = "^[a-z0-9-]{1,40}$")]
    department: Option<String>,
}

/// A one-time link. Hand it over to the person, and to nobody else.
#[derive(Serialize, ToSchema)]
pub struct LinkBody {
    /// Its address.
    pub link: String,
    /// Until when it is good.
    #[schema(value_type = String, format = DateTime)]
    pub expires: Timestamp,
}

/// Sessions of an account.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions, the one used last first.
    pub items: Vec<SessionBody>,
}

/// A session of the console.
#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    /// Its identifier; no secret.
    pub id: String,
    /// How the person signed in.
    pub method: String,
    /// The browser, as it calls itself.
    pub agent: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = String, format = DateTime)]
    pub seen: Timestamp,
    /// When it ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub ends: Timestamp,
}

/// Identities that an account is linked to.
#[derive(Serialize, ToSchema)]
pub struct IdentityList {
    /// The identities.
    pub items: Vec<IdentityBody>,
}

/// Somebody, as a provider of single sign-on knows them.
#[derive(Serialize, ToSchema)]
pub struct IdentityBody {
    /// The provider.
    pub issuer: String,
    /// Whom it means.
    pub subject: String,
}

/// An identity to be linked: at the provider of this node's configuration.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityOrder {
    /// Whom the provider means: `sub` in its tokens.
    #[schema(min_length = 1, max_length = 255, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    subject: String,
}

impl From<Grant> for AccountGrantBody {
    fn from(grant: Grant) -> Self {
        Self {
            id: grant.id.to_string(),
            role: grant.role,
            department: grant.department.map(|d| d.to_string()),
            by_sign_on: grant.by_sign_on,
            given: grant.given,
        }
    }
}

impl From<Session> for SessionBody {
    fn from(session: Session) -> Self {
        Self {
            id: session.id.to_string(),
            method: session.method,
            agent: session.agent,
            created: session.created,
            seen: session.seen,
            ends: session.ends,
        }
    }
}

impl User {
    fn new(account: Account, grants: Vec<Grant>) -> Self {
        let factors = [
            ("password", account.has_password),
            ("authenticator", account.has_totp),
            ("passkey", account.passkeys > 0),
            ("sign-on", account.identities > 0),
        ];
        Self {
            name: account.name.to_string(),
            id: account.id.to_string(),
            display: account.display,
            language: account.language,
            created: account.created,
            disabled: account.disabled,
            signed_in: account.signed_in,
            factors: factors.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect(),
            grants: grants.into_iter().map(AccountGrantBody::from).collect(),
        }
    }
}

impl GrantOrder {
    fn gift(self) -> Result<Gift> {
        let department = self.department.as_deref().map(str::parse::<DepartmentId>).transpose()?;
        Ok(Gift { role: self.role, department })
    }
}

fn by(caller: &Caller) -> By {
    By::reader(&caller.reader)
}

async fn shown(node: &Shared, caller: &Caller, account: Account) -> Result<User> {
    let grants = node.people.grants_at(&caller.participant, &account.id).await?;
    Ok(User::new(account, grants))
}

/// Lists the users whom the participant's administrators may see: their own people; at the participant
/// that operates the node, everybody.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", operation_id = "users_list",
    responses((status = 200, description = "The users.", body = UserList), Problems))]
pub async fn list(node: Shared, caller: Caller) -> Answer<Json<UserList>> {
    let people = node.people.visible_to(&caller.participant).await?;
    Ok(Json(UserList {
        items: people.into_iter().map(|(account, grants)| User::new(account, grants)).collect(),
    }))
}

/// Makes an account. It can do nothing until it is given a role and its owner has used a sign-in link.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", operation_id = "users_create", request_body = UserOrder,
    responses((status = 201, description = "The user.", body = User), Problems))]
pub async fn create(
    node: Shared,
    caller: Caller,
    extract::Json(order): extract::Json<UserOrder>,
) -> Answer<(StatusCode, Json<User>)> {
    let new = NewAccount {
        name: order.name.parse()?,
        display: order.display,
        language: order.language.unwrap_or(node.config.language),
        home: caller.participant.clone(),
    };
    let account = node.people.create(new, &by(&caller)).await?;
    Ok((StatusCode::CREATED, Json(User::new(account, Vec::new()))))
}

/// Shows one user.
#[utoipa::path(get, path = "/api/v1/users/{name}", tag = "users", operation_id = "users_show",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 200, description = "The user.", body = User), Problems))]
pub async fn show(node: Shared, caller: Caller, Named(name): Named<AccountName>) -> Answer<Json<User>> {
    let account = node.people.seen_by(&caller.participant, &name).await?;
    Ok(Json(shown(&node, &caller, account).await?))
}

/// Lets a user act for the participant in a role. Any account of the node may be named.
#[utoipa::path(post, path = "/api/v1/users/{name}/grant", tag = "users", operation_id = "users_grant",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")), request_body = GrantOrder,
    responses((status = 200, description = "The user.", body = User), Problems))]
pub async fn grant(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
    extract::Json(order): extract::Json<GrantOrder>,
) -> Answer<Json<User>> {
    let account = node.people.account_named(&name).await?;
    node.people.give(&caller.participant, &account.id, order.gift()?, &by(&caller)).await?;
    Ok(Json(shown(&node, &caller, account).await?))
}

/// Takes a role back. Sessions that act in it stop with their next request.
#[utoipa::path(post, path = "/api/v1/users/{name}/revoke", tag = "users", operation_id = "users_revoke",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")), request_body = GrantOrder,
    responses((status = 200, description = "The user.", body = User), Problems))]
pub async fn revoke(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
    extract::Json(order): extract::Json<GrantOrder>,
) -> Answer<Json<User>> {
    let account = node.people.seen_by(&caller.participant, &name).await?;
    node.people.take(&caller.participant, &account.id, &order.gift()?, &by(&caller)).await?;
    Ok(Json(shown(&node, &caller, account).await?))
}

/// Disables an account: its sessions and links end at once, and it cannot sign in.
#[utoipa::path(post, path = "/api/v1/users/{name}/disable", tag = "users", operation_id = "users_disable",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 204, description = "It is disabled."), Problems))]
pub async fn disable(node: Shared, caller: Caller, Named(name): Named<AccountName>) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    node.people.disable(&account.id, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a disabled account sign in again.
#[utoipa::path(post, path = "/api/v1/users/{name}/enable", tag = "users", operation_id = "users_enable",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 204, description = "It is enabled."), Problems))]
pub async fn enable(node: Shared, caller: Caller, Named(name): Named<AccountName>) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    node.people.enable(&account.id, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the password away and ends all sessions; a sign-in link sets a new one.
#[utoipa::path(post, path = "/api/v1/users/{name}/reset-password", tag = "users", operation_id = "users_reset_password",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 204, description = "It has no password."), Problems))]
pub async fn reset_password(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    node.people.reset_password(&account.id, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes authenticator, passkeys and recovery codes away and ends all sessions; a sign-in link, with the
/// password, sets new ones.
#[utoipa::path(post, path = "/api/v1/users/{name}/reset-second-factor", tag = "users", operation_id = "users_reset_second_factor",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 204, description = "It has no second factor."), Problems))]
pub async fn reset_second_factor(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    node.people.reset_second_factor(&account.id, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a one-time sign-in link, by which the person sets password and second factor where they are
/// missing.
#[utoipa::path(post, path = "/api/v1/users/{name}/link", tag = "users", operation_id = "users_link",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 201, description = "The link; it cannot be shown again.", body = LinkBody), Problems))]
pub async fn link(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
) -> Answer<(StatusCode, Json<LinkBody>)> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    let made = node.people.make_link(&account.id, &by(&caller)).await?;
    Ok((StatusCode::CREATED, Json(LinkBody { link: made.address, expires: made.expires })))
}

/// Lists the identities at providers of single sign-on that an account is linked to.
#[utoipa::path(get, path = "/api/v1/users/{name}/sign-on", tag = "users", operation_id = "users_identities",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 200, description = "The identities.", body = IdentityList), Problems))]
pub async fn identities(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
) -> Answer<Json<IdentityList>> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    let items = node.people.identities(&account.id).await?.into_iter();
    let items = items.map(|Identity { issuer, subject }| IdentityBody { issuer, subject });
    Ok(Json(IdentityList { items: items.collect() }))
}

/// Links an account to an identity at the provider of single sign-on, whose word then opens it.
#[utoipa::path(post, path = "/api/v1/users/{name}/sign-on", tag = "users", operation_id = "users_link_identity",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")), request_body = IdentityOrder,
    responses((status = 204, description = "It is linked."), Problems))]
pub async fn link_identity(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
    extract::Json(order): extract::Json<IdentityOrder>,
) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    let none = || Problem::new(ErrorCode::NotFound).with("what", "single sign-on");
    let provider = node.sign_on.as_ref().ok_or_else(none)?;
    let identity = Identity::new(provider.settings().issuer.as_str(), &order.subject)?;
    node.people.link_identity(&account.id, &identity, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlinks an account from all identities; what single sign-on gave it goes with them.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sign-on", tag = "users", operation_id = "users_unlink_identities",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 204, description = "It is linked to none."), Problems))]
pub async fn unlink_identities(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    node.people.unlink_identities(&account.id, None, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the sessions of an account.
#[utoipa::path(get, path = "/api/v1/users/{name}/sessions", tag = "users", operation_id = "users_sessions",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 200, description = "The sessions.", body = SessionList), Problems))]
pub async fn sessions(
    node: Shared,
    caller: Caller,
    Named(name): Named<AccountName>,
) -> Answer<Json<SessionList>> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    let items = node.people.sessions(&account.id).await?.into_iter().map(SessionBody::from).collect();
    Ok(Json(SessionList { items }))
}

/// Ends all sessions of an account.
#[utoipa::path(post, path = "/api/v1/users/{name}/sign-out", tag = "users", operation_id = "users_sign_out",
    params(("name" = inline(schema::AccountNameText), Path, description = "The account's name.")),
    responses((status = 204, description = "It has no session."), Problems))]
pub async fn sign_out(node: Shared, caller: Caller, Named(name): Named<AccountName>) -> Answer<StatusCode> {
    let account = node.people.governed_by(&caller.participant, &name).await?;
    node.people.end_sessions(&account.id, None, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
