"""Makes an organisation with the account in a unit that has an SCP, and prints its ids."""

import json

import boto3

organizations = boto3.client("organizations")
organization = organizations.create_organization(FeatureSet="ALL")["Organization"]
[root] = organizations.list_roots()["Roots"]
unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="work")["OrganizationalUnit"]
account = organization["MasterAccountId"]
organizations.move_account(AccountId=account, SourceParentId=root["Id"], DestinationParentId=unit["Id"])
deny = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
policy = organizations.create_policy(
    Content=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    Description="",
    Name="stay",
    Type="SERVICE_CONTROL_POLICY",
)["Policy"]["PolicySummary"]
organizations.attach_policy(PolicyId=policy["Id"], TargetId=unit["Id"])
print(
    json.dumps(
        {"organization": organization["Id"], "root": root["Id"], "unit": unit["Id"], "policy": policy["Id"]}
    )
)
