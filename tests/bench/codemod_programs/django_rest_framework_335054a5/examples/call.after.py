from django.utils.encoding import force_str

force_str(force_str(1))
