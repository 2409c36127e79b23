import type { CheckedEc2Config } from '../config.ts'
import { PLACES } from './machine-unit.ts'
import { shellQuote } from './shell-quote.ts'

type Bundle = NonNullable<CheckedEc2Config['bundle']>

/** Fetches the bundle, believes its digest and nothing else, and unpacks it. Needs curl, tar, gzip and sha256sum of the image. */
export function fetchBundle(
  bundle: Bundle,
  config: Pick<CheckedEc2Config, 'region' | 'metadataEndpoint'>,
): string {
  return `got=/var/tmp/zimki-bundle.tgz
for try in 1 2 3 4 5 6; do
say "fetches ${bundle.url.split('?')[0]}, try $try"
if ( ${fetchCommand(bundle, config)} ); then
if echo "${bundle.sha256}  $got" | sha256sum -c - >/dev/null 2>&1; then break; fi
say "what came is not what was asked for: $(sha256sum $got | cut -c1-64)"
fi
rm -f $got
[ $try = 6 ] && fail "the agent cannot be had"
sleep $try
done
say "has the bundle, $(wc -c <$got) bytes"
mkdir -p -m 755 ${PLACES.app}
tar -xzf $got -C / --no-same-owner || fail "the bundle cannot be unpacked"
chmod -R a+rX ${PLACES.app}
rm -f $got
`
}

function fetchCommand(
  { url }: Bundle,
  config: Pick<CheckedEc2Config, 'region' | 'metadataEndpoint'>,
): string {
  const curl = 'curl -sSf --connect-timeout 10 --max-time 300 -o $got'
  if (url.startsWith('s3:')) return signedFetch(curl, url, config)
  // A signed address is a secret like the keys below, and goes the same way.
  return `printf 'url = "%s"\\n' ${shellQuote(url)} | ${curl} -K -`
}

/** With the rights of the instance, asked for as IMDSv2 wants it. They go to curl by a pipe: arguments can be read by everybody. */
function signedFetch(
  curl: string,
  url: string,
  { region, metadataEndpoint }: Pick<CheckedEc2Config, 'region' | 'metadataEndpoint'>,
): string {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? []
  return `set -e
t=$(curl -sSf --noproxy '*' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' ${metadataEndpoint}/latest/api/token)
meta() { printf 'header = "X-aws-ec2-metadata-token: %s"\\n' "$t" | curl -sSf --noproxy '*' -K - "${metadataEndpoint}/latest/meta-data/iam/security-credentials/$1"; }
c=$(meta "$(meta '')" | tr -d '\\n')
field() { printf %s "$c" | sed -n "s/.*\\"$1\\" *: *\\"\\([^\\"]*\\)\\".*/\\1/p"; }
printf 'user = "%s:%s"\\nheader = "x-amz-security-token: %s"\\n' "$(field AccessKeyId)" "$(field SecretAccessKey)" "$(field Token)" |
${curl} -K - --aws-sigv4 aws:amz:${region}:s3 -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' https://${bucket}.s3.${region}.amazonaws.com/${key}`
}
