from django.utils.encoding import force_str, force_text

force_text(force_text(1))
