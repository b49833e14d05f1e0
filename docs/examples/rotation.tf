data "aws_cloudformation_export" "rotate_secret" {
  name = "appkeys-prod-rotate-secret"
}

resource "aws_secretsmanager_secret" "api_key" {
  name = "invoices-client/api-key"
}

# Once, and not as aws_secretsmanager_secret_version: Terraform would put that version back when it is gone.
resource "terraform_data" "first_value" {
  triggers_replace = aws_secretsmanager_secret.api_key.id
  input = {
    secret = aws_secretsmanager_secret.api_key.id
    value  = jsonencode({ app = "hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w", overlapSeconds = 43200 })
  }
  provisioner "local-exec" {
    command = "aws secretsmanager put-secret-value --secret-id '${self.input.secret}' --secret-string '${self.input.value}'"
  }
}

resource "aws_secretsmanager_secret_rotation" "api_key" {
  depends_on          = [terraform_data.first_value]
  secret_id           = aws_secretsmanager_secret.api_key.id
  rotation_lambda_arn = data.aws_cloudformation_export.rotate_secret.value
  rotate_immediately  = false # Terraform's tokens can be guessed, those of the schedule can't
  rotation_rules {
    schedule_expression = "cron(0 4 * * ? *)"
    duration            = "1h"
  }
}
