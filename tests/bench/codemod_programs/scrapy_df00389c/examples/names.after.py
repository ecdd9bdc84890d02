from urllib.parse import urljoin
import pickle
