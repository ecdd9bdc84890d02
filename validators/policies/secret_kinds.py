"""The kinds of secrets that are looked for: how each shows, and the detector's rules that tell.

Only secrets with a shape of their own are here. What merely stands under a name such as
``password`` or looks random is not: tests, examples and checksums are full of that.
"""

import re
from dataclasses import dataclass

# Half of a pair: the detector's own rule wants the secret beside the identifier, and a change that
# adds one of them alone is half-way there.
AWS_KEY_ID = "changewright.aws-key-id"
OWN_RULES = rf"""
rules:
  - name: AWS access key id
    id: {AWS_KEY_ID}
    pattern: '\b((?:AKIA|ASIA)[A-Z2-7]{{16}})\b'
    min_entropy: 3.0
    confidence: high
    pattern_requirements:
      ignore_if_contains: [EXAMPLE]
    examples: []
"""


@dataclass(frozen=True, slots=True)
class SecretKind:
    """``name`` is for people. No text has one of these without one of ``hints``.

    A hint is a regular expression for text in lower case, and cheap on any text.
    """

    name: str
    hints: tuple[str, ...]
    rules: tuple[str, ...]


def _leaks(name: str, hints: str, *rules: str) -> SecretKind:
    return SecretKind(name, tuple(hints.split()), tuple(f"betterleaks.{rule}" for rule in rules))


# In this order where one text matches several.
SECRET_KINDS = (
    _leaks("private key", "private.key age-secret-key-", "private-key", "age-secret-key"),
    _leaks(
        "GitHub token",
        "gh[pousr]_ github_pat_",
        "github-pat",
        "github-fine-grained-pat",
        "github-app-token",
        "github-oauth",
        "github-refresh-token",
    ),
    _leaks(
        "GitLab token",
        "glpat- gldt- glrt-",
        "gitlab-pat",
        "gitlab-pat-routable",
        "gitlab-deploy-token",
        "gitlab-runner-authentication-token",
    ),
    _leaks(
        "Slack token",
        "xox[a-z]- xapp-",
        "slack-bot-token",
        "slack-legacy-bot-token",
        "slack-user-token",
        "slack-app-token",
        "slack-legacy-token",
        "slack-legacy-workspace-token",
    ),
    _leaks("Slack webhook address", r"hooks\.slack\.com", "slack-webhook-url"),
    _leaks("Stripe key", "[sr]k_(?:test|live|prod)_", "stripe-access-token"),
    _leaks("Anthropic API key", "sk-ant-", "anthropic-api-key", "anthropic-admin-api-key"),
    _leaks("OpenAI API key", "t3blbkfj", "openai-api-key"),
    SecretKind("OpenRouter API key", ("sk-or-v",), ("veles.secrets/openrouter",)),
    _leaks("Hugging Face token", "hf_[a-z]{34}", "huggingface-access-token"),
    _leaks("Groq API key", "gsk_", "groq-api-key"),
    _leaks("xAI API key", "xai-", "xai-api-key"),
    _leaks("Replicate token", "r8_", "replicate-api-token"),
    _leaks("Perplexity API key", "pplx-", "perplexity-api-key"),
    _leaks("Google API key", r"aiza aq\.ab8rn6", "gcp-api-key", "gcp-gemini-api"),
    SecretKind(
        "AWS access key",
        ("(?:a3t[a-z0-9]|akia|asia|abia|acca)[a-z2-7]{16}",),
        ("betterleaks.aws-access-token", AWS_KEY_ID),
    ),
    _leaks("AWS Bedrock key", "absk", "aws-amazon-bedrock-api-key-long-lived"),
    _leaks("Azure client secret", "[0-9]q~", "azure-ad-client-secret"),
    _leaks(
        "DigitalOcean token",
        "do[op]_v1_",
        "digitalocean-pat",
        "digitalocean-access-token",
    ),
    _leaks("Heroku API key", "hrku-", "heroku-api-key-v2"),
    _leaks("Cloudflare API token", "cf[ua]t_", "cloudflare-api-key.2"),
    _leaks("Databricks token", "dapi[a-f0-9]{32}", "databricks-api-token"),
    _leaks(
        "Docker Hub token",
        "dckr_[op]at_",
        "dockerhub-personal-access-token",
        "dockerhub-organization-access-token",
    ),
    SecretKind(
        "npm token",
        ("npm_[a-z0-9]{36}",),
        ("betterleaks.npm-access-token", "veles.secrets/npmjsaccesstoken"),
    ),
    _leaks("PyPI token", "pypi-ageichlwas5vcmc", "pypi-upload-token"),
    _leaks("RubyGems token", "rubygems_", "rubygems-api-token"),
    SecretKind(
        "SendGrid API key",
        (r"sg\.[a-z0-9=_-]{20}",),
        ("betterleaks.sendgrid-api-token", "veles.secrets/sendgrid"),
    ),
    _leaks("Twilio API key", "sk[0-9a-f]{32}", "twilio-api-key"),
    _leaks("Shopify token", "shp(?:at|ss)_", "shopify-access-token", "shopify-shared-secret"),
    _leaks("Square token", "eaaa sq0atp-", "square-access-token"),
    _leaks("Sentry token", "sntry[su]_", "sentry-org-token", "sentry-user-token"),
    _leaks("Notion token", "ntn_", "notion-api-token"),
    _leaks("Linear API key", "lin_api_", "linear-api-key"),
    _leaks("Figma token", "figd_", "figma-personal-access-token"),
    _leaks("Postman API key", "pmak-", "postman-api-token"),
    _leaks("Pulumi token", "pul-", "pulumi-api-token"),
    _leaks("Doppler token", r"dp\.pt\.", "doppler-api-token"),
    _leaks("Vault token", r"hv[sb]\.", "vault-service-token", "vault-batch-token"),
    _leaks("Tailscale key", "tskey-", "tailscale-api-key.1"),
    _leaks("Grafana token", "glsa_", "grafana-service-account-token"),
    _leaks("Supabase token", "sbp_", "supabase-management-token"),
    _leaks("Vercel token", "vcp_", "vercel-personal-access-token"),
    _leaks("JSON web token", r"ey[a-z0-9]{17}", "jwt"),
    _leaks(
        "password in an address",
        r"://[^\s/@:]{0,200}:[^\s@]{1,200}@",
        "mongodb-connection-string",
        "generic-credential-uri",
    ),
)

KIND_BY_RULE = {rule: kind for kind in SECRET_KINDS for rule in kind.rules}

# One by one and in lower case: Python finds what starts with plain words ten times faster so.
_HINTS = tuple(re.compile(hint.encode()) for kind in SECRET_KINDS for hint in kind.hints)


def may_hold_secret(text: bytes) -> bool:
    """Whether the detector has to look at ``text``; most changes hold nothing of interest to it."""
    lower = text.lower()
    return any(hint.search(lower) for hint in _HINTS)
