const BASE = 'http://169.254.169.254/latest'

/** The instance's own metadata, by version 2. */
export async function askMetadata(path: string): Promise<Buffer | null> {
  const tokenAnswer = await fetch(`${BASE}/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
  })
  const token = await tokenAnswer.text()
  const answer = await fetch(`${BASE}/${path}`, { headers: { 'x-aws-ec2-metadata-token': token } })
  return answer.ok ? Buffer.from(await answer.arrayBuffer()) : null
}
