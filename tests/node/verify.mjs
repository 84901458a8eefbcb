// Says what the verifier of Standard Webhooks makes of a delivery, read from standard
// input as {"secret", "body", "headers"}. Exit status 1: it is not genuine.
import { Webhook } from "standardwebhooks";

let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += part;
const { secret, body, headers } = JSON.parse(text);
try {
  console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
