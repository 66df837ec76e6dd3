"""Makes one thing of each service that moto serves of those that are read on request. The roles are the demo's."""

import io
import json
import zipfile

import boto3

ROLE = "arn:aws:iam::111122223333:role/demo-node"


def code():
    """A function's code, which nobody runs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", "def run(event, context):\n    return None\n")
    return file.getvalue()


def trust(*services):
    """Lets services assume the role: moto holds a function's role against its trust."""
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    boto3.client("iam").update_assume_role_policy(RoleName="demo-node", PolicyDocument=json.dumps(document))


def main():
    trust("ec2.amazonaws.com", "lambda.amazonaws.com")
    boto3.client("lambda").create_function(
        FunctionName="mail", Runtime="python3.12", Role=ROLE, Handler="app.run", Code={"ZipFile": code()}
    )
    boto3.client("glue").create_job(Name="nightly", Role=ROLE, Command={"Name": "glueetl"})
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    boto3.client("cloudformation").create_stack(
        StackName="network", TemplateBody=json.dumps(template), RoleARN=ROLE
    )
    boto3.client("ecs").create_cluster(clusterName="batch")
    boto3.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=ROLE
    )
    boto3.client("codebuild").create_project(
        name="site",
        serviceRole=ROLE,
        source={"type": "S3", "location": "demo/site.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
    )


if __name__ == "__main__":
    main()
