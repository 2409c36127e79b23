/** For a person. */
export const describePlace = (bucket: string, key: string): string => `s3://${bucket}/${key}`
