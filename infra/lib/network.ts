// A network without a way out, for functions that must stay inside one.
import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** The names of the services, as endpoints have them, that functions inside call. */
export type Service = 'bedrock-agent-runtime' | 'bedrock-runtime' | 'glue' | 'lambda' | 'rds-data' | 'secretsmanager' | 'states';

/**
 * Isolated subnets in two zones, and an interface endpoint for each service; S3 has a gateway, which costs nothing.
 * Logs and traces need none: Lambda carries them itself.
 */
export class FunctionNetwork extends Construct {
  readonly vpc: ec2.Vpc;
  /** What the functions may reach: the endpoints and S3, by HTTPS. */
  readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, services: readonly Service[]) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'functions', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
    addFlowLog(this.vpc);
    this.securityGroup = new ec2.SecurityGroup(this, 'Functions', {
      vpc: this.vpc,
      allowAllOutbound: false,
      description: 'Quaestor functions',
    });
    const endpoints = new ec2.SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      allowAllOutbound: false,
      description: 'Endpoints of the services that the functions call',
    });
    endpoints.addIngressRule(this.securityGroup, ec2.Port.tcp(443), 'the functions');
    this.securityGroup.addEgressRule(endpoints, ec2.Port.tcp(443), 'the endpoints');
    // S3's gateway is a route and not an address: its prefix list differs by region and cannot be named without a look-up.
    this.securityGroup.addEgressRule(
      ec2.Peer.anyIpv4(),
      ec2.Port.tcp(443),
      'S3 by its gateway; no other route leads out',
    );
    for (const service of services) {
      new ec2.InterfaceVpcEndpoint(this, service, {
        vpc: this.vpc,
        service: new ec2.InterfaceVpcEndpointAwsService(service),
        privateDnsEnabled: true,
        open: false,
        securityGroups: [endpoints],
      });
    }
  }
}

/** Who spoke with whom, for a month. */
export function addFlowLog(vpc: ec2.Vpc): void {
  const logGroup = new logs.LogGroup(vpc, 'FlowLogs', {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup) });
}
