/** Where the first program hears what commands want. */
export const SOCKET = '/run/ec2-guest/control.sock'
