//! What makes pods: Deployments and the like, Jobs, CronJobs.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::time::Time;

use super::PodSpec;

objects! {
    /// A controller: Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job.
    Controller {
        /// Its kind; the API's lists leave it out of their items.
        kind: String,
        /// Name, owner, …
        metadata: Metadata,
        /// What it should be.
        spec: ControllerSpec,
        /// What it is.
        status: ControllerStatus,
    }
    /// What a controller is.
    ControllerStatus {
        /// When a Job was done.
        completion_time: Option<Time>,
        /// How a Job fares.
        conditions: Vec<Condition>,
    }
    /// A condition of a status.
    Condition {
        /// `Complete`, `Failed`, `Suspended`, …
        #[serde(rename = "type")]
        kind: String,
        /// `True`, `False` or `Unknown`.
        status: String,
    }
    /// What a controller should be.
    ControllerSpec {
        /// How many pods.
        replicas: Option<i32>,
        /// Whether a Job or CronJob waits.
        suspend: Option<bool>,
        /// The pods.
        template: PodTemplate,
    }
    /// The pods of a controller.
    PodTemplate {
        /// Labels and annotations of the pods.
        metadata: Metadata,
        /// Their spec.
        spec: PodSpec,
    }
    /// A CronJob.
    CronJob {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: CronJobSpec,
    }
    /// What a CronJob should be.
    CronJobSpec {
        /// When it runs.
        schedule: Option<String>,
        /// Whether it waits.
        suspend: Option<bool>,
        /// Its jobs.
        job_template: JobTemplate,
    }
    /// The jobs of a CronJob.
    JobTemplate {
        /// Their spec.
        spec: ControllerSpec,
    }
}
