//! Departments: which documents are whose business.

use axum::Json;
use axum::http::StatusCode;
use corridor_base::{Result, Words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::extract::{self, Named};
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;
use crate::people::{By, Department, DepartmentId};

/// A department of the participant.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Department)]
pub struct DepartmentBody {
    /// What it is called on the command line and in tokens.
    #[schema(max_length = 40, pattern = "^[a-z0-9-]{1,40}$")]
    pub id: String,
    /// Its name.
    #[schema(value_type = schema::DepartmentNamesText)]
    pub names: Words,
    /// The kinds of document that are its business; none means all.
    #[serde(default)]
    #[schema(value_type = Vec<schema::KindText>, max_items = 50)]
    pub kinds: Vec<String>,
    /// The partners whose documents are its business; none means all.
    #[serde(default)]
    #[schema(value_type = Vec<schema::DidText>, max_items = 50)]
    pub partners: Vec<String>,
}

/// The departments of the participant.
#[derive(Serialize, ToSchema)]
pub struct DepartmentList {
    /// The departments, by identifier.
    pub items: Vec<DepartmentBody>,
}

impl From<Department> for DepartmentBody {
    fn from(department: Department) -> Self {
        Self {
            id: department.id.to_string(),
            names: department.names,
            kinds: department.kinds.iter().map(|k| k.as_str().to_owned()).collect(),
            partners: department.partners.iter().map(ToString::to_string).collect(),
        }
    }
}

impl DepartmentBody {
    fn parse(&self) -> Result<Department> {
        Ok(Department {
            id: self.id.parse()?,
            names: self.names.clone(),
            kinds: self.kinds.iter().map(|k| k.parse()).collect::<Result<_>>()?,
            partners: self.partners.iter().map(|p| p.parse()).collect::<Result<_>>()?,
        })
    }
}

/// Lists the departments of the participant.
#[utoipa::path(get, path = "/api/v1/departments", tag = "departments", operation_id = "departments_list",
    responses((status = 200, description = "The departments.", body = DepartmentList), Problems))]
pub async fn list(node: Shared, caller: Caller) -> Answer<Json<DepartmentList>> {
    let all = node.people.departments(&caller.participant).await?;
    Ok(Json(DepartmentList { items: all.into_iter().map(DepartmentBody::from).collect() }))
}

/// Makes a department, or changes the one of this identifier.
#[utoipa::path(post, path = "/api/v1/departments", tag = "departments", operation_id = "departments_set",
    request_body = DepartmentBody,
    responses((status = 200, description = "The department.", body = DepartmentBody), Problems))]
pub async fn set(
    node: Shared,
    caller: Caller,
    extract::Json(body): extract::Json<DepartmentBody>,
) -> Answer<Json<DepartmentBody>> {
    node.people.set_department(&caller.participant, body.parse()?, &By::reader(&caller.reader)).await?;
    Ok(Json(body))
}

/// Removes a department. Grants and tokens that name it see nothing from then on.
#[utoipa::path(delete, path = "/api/v1/departments/{id}", tag = "departments", operation_id = "departments_remove",
    params(("id" = inline(schema::DepartmentIdText), Path, description = "The department's identifier.")),
    responses((status = 204, description = "It is removed."), Problems))]
pub async fn remove(node: Shared, caller: Caller, Named(id): Named<DepartmentId>) -> Answer<StatusCode> {
    node.people.remove_department(&caller.participant, &id, &By::reader(&caller.reader)).await?;
    Ok(StatusCode::NO_CONTENT)
}
