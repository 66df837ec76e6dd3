//! A role is passed to an instance only by who may start one: with its image, its subnet and all else.

use super::*;

#[test]
fn an_instance_is_started_with_all_that_it_takes() {
    let trust = trust("ec2.amazonaws.com");
    let adm = "arn:aws:iam::111122223333:role/adm";
    let existing = Existing::unseen().with_roles([RoleFacts {
        arn: adm,
        trust: &trust,
        in_profile: Some(true),
        is_bounded: false,
    }]);
    let own = ["instance", "network-interface", "security-group", "subnet"];
    let own = own.map(|kind| format!("arn:aws:ec2:*:111122223333:{kind}/*"));
    let image = |id: &str| format!("arn:aws:ec2:*::image/{id}");
    let volumes = "arn:aws:ec2:*:111122223333:volume/*".to_owned();
    let one_region = "arn:aws:ec2:eu-west-1:111122223333:*".to_owned();
    let region_images = "arn:aws:ec2:eu-west-1::image/*".to_owned();
    let with = |more: &[String]| [&own[..], more].concat();
    for (what, on, expected) in [
        ("everything", vec!["*".to_owned()], Some(true)),
        (
            "all of it",
            with(&[image("*"), volumes.clone()]),
            Some(true),
        ),
        ("instances alone", vec![own[0].clone()], None),
        ("no image", with(std::slice::from_ref(&volumes)), None),
        (
            "no subnet",
            vec![
                own[0].clone(),
                own[1].clone(),
                own[2].clone(),
                image("*"),
                volumes.clone(),
            ],
            None,
        ),
        ("one image", with(&[image("ami-1"), volumes]), Some(false)),
        ("no volumes", with(&[image("*")]), Some(false)),
        (
            "one region",
            vec![one_region.clone(), region_images],
            Some(false),
        ),
        ("one region, and no image", vec![one_region], None),
    ] {
        let statements = json!([
            {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": on},
            {"Effect": "Allow", "Resource": "*",
             "Action": ["iam:PassRole", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]}]);
        let held = held_by_app(&statements, &existing);
        for id in ["pass-role-ec2", "pass-role-ec2-new-profile"] {
            let found = held.iter().find(|held| held.method.id == id);
            let certain = found.map(|held| held.certain);
            assert_eq!(certain, expected, "{id} with {what}: {held:#?}");
        }
    }
}
